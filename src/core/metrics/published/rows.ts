/** In percent: image AUROC, AP, F1-max, pixel AUROC, AP, F1-max, AU-PRO. */
export type Seven = [number, number, number, number, number, number, number];

export type Dataset = 'mvtec' | 'visa' | 'realiad' | 'mvtec3d' | 'medical' | 'coco';

/** Mean over the classes of a data set, by method. */
export type MeansByDataset = Partial<Record<Dataset, Record<string, Seven>>>;

/** By method and class. */
export type ClassesByDataset = Partial<Record<Dataset, Record<string, Record<string, Seven>>>>;
