import { escapeMarkup } from './escape.js';
import { curvesHtml, histogramsHtml, lossHtml } from './html-charts.js';
import { gatesHtml, metricsHtml, modelHtml, tilesHtml } from './html-facts.js';
import { galleryHtml } from './html-gallery.js';
import { pageStyle } from './html-style.js';
import type { ReportData } from './report-data.js';

/**
 * One self-contained page: style, charts (inline SVG) and pictures (data URIs) are inside, nothing is loaded and no
 * script runs; a content security policy holds it to that whatever a file name may contain.
 */
export async function htmlReport(data: ReportData): Promise<string> {
  const title = escapeMarkup(data.title);
  const sections = [
    `<header><h1>${title}</h1><p class="muted">${escapeMarkup(readableTime(data.created))}</p></header>`,
    tilesHtml(data),
    data.gates?.length ? gatesHtml(data.gates) : '',
    data.metrics.length > 0 ? metricsHtml(data) : '',
    data.images.length > 0 ? histogramsHtml(data) : '',
    data.curves.length > 0 ? curvesHtml(data.curves) : '',
    await galleryHtml(data),
    data.loss && data.loss.length > 1 ? lossHtml(data.loss) : '',
    data.model ? modelHtml(data.model) : '',
    '<footer>Made by mambaad. Scores are calibrated: 0.5 is the threshold.</footer>',
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${sections.filter(Boolean).join('\n')}
</main>
</body>
</html>
`;
}

function readableTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
