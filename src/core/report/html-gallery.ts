import { escapeMarkup } from './escape.js';
import { selectGallery } from './gallery.js';
import { isFailure, type ReportData, type ReportImage } from './report-data.js';

const side = 360; // pixels: sharp enough on a dense screen at the width of a tile, small enough for sixty of them

/** The pictures of selectGallery with their overlays, as one section per class. */
export async function galleryHtml(data: ReportData): Promise<string> {
  const sections: string[] = [];
  for (const { class: name, groups } of selectGallery(data.images)) {
    const parts: string[] = [];
    for (const { heading, images } of groups) {
      const shots = await Promise.all(images.map(shotHtml));
      parts.push(`<h4>${heading}</h4><div class="shots">${shots.join('')}</div>`);
    }
    const labelled = data.images.some((image) => image.class === name && image.label);
    if (labelled && !groups.some((group) => group.heading === 'Missed')) {
      parts.unshift('<p class="muted">No anomaly was missed.</p>');
    }
    if (parts.length > 0) sections.push(`<h3>${escapeMarkup(name)}</h3>${parts.join('')}`);
  }
  return sections.length === 0 ? '' : `<h2>Pictures</h2>${sections.join('')}`;
}

async function shotHtml(image: ReportImage): Promise<string> {
  const tone = isFailure(image) ? 'fail' : ['review', 'unknown'].includes(image.verdict) ? 'doubt' : 'pass';
  const path = escapeMarkup(image.path).replaceAll('/', '/<wbr>');
  const picture = await pictureHtml(image);
  const truth = image.label ? ` · ${escapeMarkup(image.defect ?? image.label)}` : '';
  const scores = `<b>${image.score.toFixed(3)}</b> <span class="${tone}">${image.verdict}</span>${truth}`;
  return `<figure class="card shot">${picture}<figcaption>${scores}<div class="path">${path}</div></figcaption></figure>`;
}

/** A data URI, re-encoded small; an overlay that is missing or does not decode leaves a note, not a broken report. */
async function pictureHtml(image: ReportImage): Promise<string> {
  if (image.overlayPng === undefined) return '<div class="absent">no overlay</div>';
  try {
    const { default: sharp } = await import('sharp');
    const small = await sharp(image.overlayPng)
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 84 })
      .toBuffer({ resolveWithObject: true });
    const { data, info } = small;
    return `<img src="data:image/webp;base64,${data.toString('base64')}" width="${info.width}" height="${info.height}" alt="${escapeMarkup(`Overlay of ${image.path}`)}">`;
  } catch {
    return '<div class="absent">overlay could not be read</div>';
  }
}
