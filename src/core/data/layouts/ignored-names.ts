import { extname } from 'node:path';
import { imageExtensions } from '../image-format.js';

// Folders that storage boxes, systems and programs keep for themselves: thumbnails, deleted files, copies of old
// versions. Nobody put an image of the data set there, so that they are not worth a word.
const systemFolders = new Set([
  '@eadir',
  '@__thumb',
  '@tmp',
  '@sharebin',
  '@recycle',
  '@recently-snapshot',
  '#recycle',
  '#snapshot',
  '~snapshot',
  '__macosx',
  '__pycache__',
  'lost+found',
  '$recycle.bin',
  'recycler',
  'recycled',
  'system volume information',
  'network trash folder',
  'temporary items',
  'trashbox',
]);

// Hidden folders of the same kind; another hidden folder is named, for it may hold images.
const hiddenSystemFolders =
  /^\.(@.*|_.*|thumb(nail)?s?|trash.*|spotlight-v100|fseventsd|temporaryitems|documentrevisions-v100|appledouble|appledb|appledesktop|git|svn|hg|dvc|cache|idea|vscode|ipynb_checkpoints|snapshots?|zfs|sync|stfolder|stversions|dropbox\.cache|picasaoriginals|dtrash|nomedia|xvpics)$/;

// What systems, publishers and our own `synth` leave in every folder: no image and no sign of one.
const systemFiles =
  /^(thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|icon\r?|ds_store|synth\.json|(readme|license|licence|copying|copyright|citation|changelog)(\.(txt|md|rst|pdf|html?))?)$/;

// Formats of cameras, scanners and microscopes. Drawings, arrays and films are named when they are left out, but a folder
// of them is not a class that was lost.
const unreadImages = new Set(
  `.pgm .ppm .pbm .pnm .pam .pfm .heic .heif .hif .avif .jp2 .j2k .jpx .j2c .jpf .jxl .jxr .wdp .hdp .jls .raw .dng .cr2 .cr3 .crw
  .nef .nrw .arw .sr2 .srf .orf .rw2 .raf .pef .x3f .3fr .iiq .rwl .tga .exr .hdr .pcx .dcm .dicom .nii .fits .fit .czi .nd2 .lsm
  .svs .ras .sgi .bay .ari`.split(/\s+/),
);

/** Whether a folder is kept by a system for itself. */
export function isSystemFolder(name: string): boolean {
  const lower = name.toLowerCase();
  return systemFolders.has(lower) || hiddenSystemFolders.test(lower) || /^found\.\d{3}$/.test(lower);
}

/**
 * Whether a file is none of the data set's and not worth a word. "._a.png" is what macOS keeps beside a.png;
 * ".a.png.icloud" stands for an image that was not downloaded.
 */
export function isSystemFile(name: string): boolean {
  if (name.startsWith('.'))
    return name.startsWith('._') || !(hasImageEnding(name) || name.endsWith('.icloud'));
  return systemFiles.test(name.toLowerCase()) || /(:zone\.identifier|@syno(eastream|resource))$/i.test(name);
}

/** Whether a folder among others is called as one of small copies. It may hold something else, so that it is named. */
export function isThumbnailFolder(name: string): boolean {
  return /^_?thumb(nail)?s$/i.test(name);
}

export function hasImageEnding(name: string): boolean {
  return imageExtensions.has(extname(name).toLowerCase());
}

/** Whether a file that is not read holds an image, as far as its ending tells. */
export function mayBeImage(name: string): boolean {
  return unreadImages.has(extname(name).toLowerCase()) || hasImageEnding(name);
}
