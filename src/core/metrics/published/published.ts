import { UsageError } from '../../errors.js';
import { didYouMean } from '../../nearest-name.js';
import { ader100Means } from './ader-100e.js';
import { ader100Classes } from './ader-100e-classes.js';
import { ader300Means } from './ader-300e.js';
import { ader300Classes } from './ader-300e-classes.js';
import { paperMeans } from './paper.js';
import { paperClasses } from './paper-classes.js';
import { recentMeans } from './recent.js';
import type { ClassesByDataset, Dataset, MeansByDataset, Seven } from './rows.js';

interface Source {
  title: string;
  means: MeansByDataset;
  classes: ClassesByDataset;
}

/** Published results that ours can be held against. */
export const SOURCES: Record<string, Source> = {
  paper: { title: 'MambaAD paper', means: paperMeans, classes: paperClasses },
  ader: { title: 'ADer benchmark, 100 epochs', means: ader100Means, classes: ader100Classes },
  'ader-300e': { title: 'ADer benchmark, 300 epochs', means: ader300Means, classes: ader300Classes },
  recent: {
    title: 'results above those tables, other encoders and image sizes',
    means: recentMeans,
    classes: {},
  },
};

/** One method's published results on one data set. */
export interface PublishedResult {
  /** For headings, e.g. "MambaAD paper: mambaad on mvtec". */
  title: string;
  dataset: Dataset;
  mean: Seven;
  /** Empty where only means are published. */
  classes: ReadonlyMap<string, Seven>;
  /** Number of classes behind the mean. */
  classCount: number;
}

/** Class names are compared without case, blanks, hyphens and underscores: papers and folders differ in them. */
export function classKey(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/gu, '');
}

/**
 * Finds `SOURCE:METHOD` or `SOURCE:METHOD@DATASET`, such as `paper:mambaad`, for results of the given classes. Without a
 * data set it is the first one that has all of the classes. Throws UsageError that names what there is.
 */
export function findPublished(reference: string, classNames: readonly string[]): PublishedResult {
  const { found, method, dataset } = parseReference(reference);
  const name = (dataset ?? datasetOf(reference, classNames)) as Dataset;
  const methods = Object.hasOwn(found.means, name) ? found.means[name]! : {};
  if (!Object.hasOwn(methods, method)) throw noSuchResult(reference, found, `"${method}" on ${name}`);
  return {
    title: `${found.title}: ${method} on ${name}`,
    dataset: name,
    mean: methods[method]!,
    classes: keyed(found.classes[name]?.[method] ?? {}),
    classCount: classCount(name, classNames),
  };
}

/** Says before there are classes whether a reference can be found for any. @throws UsageError */
export function checkReference(reference: string): void {
  const { found, method, dataset } = parseReference(reference);
  const sets = Object.entries(found.means).filter(([name]) => dataset === undefined || name === dataset);
  const methods = sets.flatMap(([, rows]) => Object.keys(rows));
  if (methods.includes(method)) return;
  throw noSuchResult(
    reference,
    found,
    dataset === undefined ? `"${method}"` : `"${method}" on ${dataset}`,
    didYouMean(method, methods),
  );
}

function parseReference(reference: string): { found: Source; method: string; dataset: string | undefined } {
  const match = /^(?<source>[^:@]+):(?<method>[^:@]+)(?:@(?<dataset>.+))?$/u.exec(reference);
  const { source = reference, method = '', dataset } = match?.groups ?? {};
  const found = match && Object.hasOwn(SOURCES, source) ? SOURCES[source] : undefined;
  if (found) return { found, method, dataset };
  const sources = Object.keys(SOURCES);
  throw new UsageError(
    `compare "${reference}": expected SOURCE:METHOD[@DATASET] with a source of ${sources.join(', ')}${didYouMean(source, sources)}`,
  );
}

function noSuchResult(reference: string, { title, means }: Source, what: string, near = ''): UsageError {
  const known = Object.entries(means).map(([set, rows]) => `${set}: ${Object.keys(rows).join(' ')}`);
  return new UsageError(
    `compare "${reference}": no ${what} in the ${title}; there are ${known.join('; ')}${near}`,
  );
}

/** A run on COCO-AD is one class, "coco", or one of the four splits, "coco0" to "coco3". */
function classCount(dataset: Dataset, classNames: readonly string[]): number {
  if (dataset !== 'coco') return CLASS_NAMES[dataset].size;
  return classNames.some((name) => classKey(name) === 'coco') ? 1 : 4;
}

function keyed(rows: Record<string, Seven>): Map<string, Seven> {
  return new Map(Object.entries(rows).map(([name, seven]) => [classKey(name), seven]));
}

const CLASS_NAMES: Record<Dataset, ReadonlySet<string>> = {
  mvtec: classNamesOf('mvtec'),
  visa: classNamesOf('visa'),
  realiad: classNamesOf('realiad'),
  mvtec3d: classNamesOf('mvtec3d'),
  medical: classNamesOf('medical'),
  coco: new Set(['coco', ...classNamesOf('coco')]),
};

/** The classes of a data set, as `classKey` writes them. */
export function publishedClasses(dataset: Dataset): ReadonlySet<string> {
  return CLASS_NAMES[dataset];
}

function classNamesOf(dataset: Dataset): Set<string> {
  return new Set(Object.keys(paperClasses[dataset]!.mambaad!).map(classKey));
}

function datasetOf(reference: string, classNames: readonly string[]): string {
  const keys = classNames.map(classKey);
  const found = Object.entries(CLASS_NAMES).find(([, known]) => keys.every((key) => known.has(key)));
  if (found && keys.length > 0) return found[0];
  throw new UsageError(
    `compare "${reference}": the classes ${classNames.join(', ')} belong to no published data set; name one: ` +
      `${reference}@mvtec (${Object.keys(CLASS_NAMES).join(', ')}).`,
  );
}
