import { classesOf, outcome, type ReportImage } from './report-data.js';

export interface GalleryGroup {
  readonly heading: 'Missed' | 'False alarms' | 'Found' | 'Alarms' | 'For review' | 'No verdict';
  readonly images: readonly ReportImage[];
}

export interface GalleryClass {
  readonly class: string;
  readonly groups: readonly GalleryGroup[];
}

/**
 * The pictures worth looking at, per class: the clearest misses (lowest scores), false alarms (highest), doubtful ones
 * (nearest to the threshold) and best finds, at most `perGroup` each. Only these need an overlay.
 */
export function selectGallery(images: readonly ReportImage[], perGroup = 4): GalleryClass[] {
  return classesOf(images).map((name) => {
    const own = images.filter((image) => image.class === name);
    const take = (
      heading: GalleryGroup['heading'],
      what: ReturnType<typeof outcome>,
      rank: (image: ReportImage) => number,
    ): GalleryGroup => ({
      heading,
      images: own
        .filter((image) => outcome(image) === what)
        .sort((a, b) => rank(a) - rank(b) || rankRaw(a, b, rank))
        .slice(0, perGroup),
    });
    const groups = [
      take('Missed', 'miss', (image) => image.score),
      take('False alarms', 'false_alarm', (image) => -image.score),
      take('For review', 'review', (image) => Math.abs(image.score - 0.5)),
      take('No verdict', 'unknown', (image) => -image.score),
      take('Found', 'find', (image) => -image.score),
      take('Alarms', 'alarm', (image) => -image.score),
    ];
    return { class: name, groups: groups.filter((group) => group.images.length > 0) };
  });
}

/** Calibrated scores saturate at 0 and 1: raw scores break the tie in the same direction. */
function rankRaw(a: ReportImage, b: ReportImage, rank: (image: ReportImage) => number): number {
  const upwards = rank({ ...a, score: 0.6 }) <= rank({ ...a, score: 0.7 });
  return upwards ? a.raw_score - b.raw_score : b.raw_score - a.raw_score;
}
