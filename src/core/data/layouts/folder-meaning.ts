import { isWord, plain, wordsWithoutSpaces } from './folder-words.js';

/**
 * What the name of a folder says about the images in it. `mixed`: it says both good and defective. `unsorted`: that nobody
 * has looked yet. `unclear`: a word that means good to some and defective to others (positive, negative).
 */
export type Meaning =
  | 'normal'
  | 'anomaly'
  | 'mask'
  | 'train'
  | 'test'
  | 'container'
  | 'mixed'
  | 'unsorted'
  | 'unclear';

const unclear = new Set([
  'positive',
  'positives',
  'negative',
  'negatives',
  'pos',
  'neg',
  'positiv',
  'negativ',
]);

/** The meaning of a folder's name in any case and the common spellings; undefined for the name of a class or a kind of defect. */
export function meaningOf(name: string): Meaning | undefined {
  return meaningOfWords(wordsOf(spacedCamelCase(name)));
}

/** As `meaningOf`, but "tmpOkX" is one word: for names that nobody chose, such as that of the folder the user stands in. */
export function meaningOfGivenFolder(name: string): Meaning | undefined {
  return meaningOfWords(wordsOf(name));
}

/** Whether a name is nothing but a label: "OK", "n.i.O.", "not good"; not "line1_ok". */
export function isBareLabel(name: string): boolean {
  return isLabelAmong(name, () => false);
}

/** Whether a name is a label that names no kind of defect: "NG", "NG_2024", "bad parts"; not "broken_large", "crack". */
export function isGenericLabel(name: string): boolean {
  return (
    isLabelAmong(name, isFiller) &&
    !wordsOf(spacedCamelCase(name)).some((word) => isWord('weakAnomaly', word))
  );
}

function isLabelAmong(name: string, others: (word: string) => boolean): boolean {
  const words = wordsOf(spacedCamelCase(name));
  const fits = (word: string) => labelsOf([word]).size > 0 || isWord('negation', word) || others(word);
  return words.every(fits) && labelsOf(words).size === 1;
}

/** Whether a folder called so holds masks wherever it lies; "labels" may be a product. */
export function isStrongMaskName(name: string): boolean {
  const words = wordsOf(spacedCamelCase(name));
  return words.some((word) => isWord('mask', word)) || words.join(' ').includes('ground truth');
}

/**
 * The name without its word for masks, as words joined by a space: "" for "masks", "ng" for "NG_mask"; undefined when it
 * has none.
 */
export function withoutMaskWord(name: string): string | undefined {
  const words = wordsOf(spacedCamelCase(name));
  const isMask = (word: string) => isWord('mask', word) || isWord('weakMask', word);
  return words.some(isMask) ? words.filter((word) => !isMask(word)).join(' ') : undefined;
}

/** Whether two sibling folders can only be the labels 0 and 1, yes and no, true and false: which is which, nobody knows. */
export function areUnclearPair(names: readonly string[]): boolean {
  const pairs = ['0 1', 'no yes', 'false true', 'n y', 'n p', 'class0 class1', 'class 0 class 1'];
  return (
    names.length === 2 &&
    pairs.includes(
      names
        .map((name) => wordsOf(name).join(' '))
        .sort()
        .join(' '),
    )
  );
}

function meaningOfWords(words: readonly string[]): Meaning | undefined {
  const only = words.length === 1 ? words[0]! : undefined;
  if (isMaskName(words)) return 'mask';
  if (only !== undefined && unclear.has(only)) return 'unclear';
  const labels = labelsOf(words);
  if (labels.size === 2) return 'mixed';
  for (const label of labels) return label;
  if (words.some((word) => isWord('unsorted', word)) && words.every(isFiller)) return 'unsorted';
  if (only === undefined) return undefined;
  return (['train', 'test', 'container'] as const).find((kind) => isWord(kind, only));
}

function isMaskName(words: readonly string[]): boolean {
  const masks = words.filter((word) => isWord('mask', word) || isWord('weakMask', word));
  if (masks.length === 0 || masks.every((word) => word === 'ground')) return false;
  return words.every((word) => masks.includes(word) || isFiller(word) || labelsOf([word]).size > 0);
}

function isFiller(word: string): boolean {
  return /^\d+$/.test(word) || word.length === 1 || isWord('neutral', word) || isWord('unsorted', word);
}

function labelsOf(words: readonly string[]): Set<'normal' | 'anomaly'> {
  const found = new Set<'normal' | 'anomaly'>();
  const topic = words.some((word) => isWord('topic', word));
  const others = (i: number) => words.filter((_, at) => at !== i && !isNegation(words, at));
  for (const [i, word] of words.entries()) {
    const good = isWord('normal', word) || (isWord('weakNormal', word) && others(i).every(isNeutral));
    const bad = isWord('anomaly', word) || (isWord('weakAnomaly', word) && others(i).every(isNeutral));
    if (wordsWithoutSpaces.anomaly.some((part) => word.includes(part)) || (bad && !topic)) {
      found.add(isNegation(words, i - 1) || isWord('freeing', words[i + 1] ?? '') ? 'normal' : 'anomaly');
    } else if (good || wordsWithoutSpaces.normal.some((part) => word.includes(part))) {
      found.add(isNegation(words, i - 1) ? 'anomaly' : 'normal');
    }
  }
  return found;
}

function isNeutral(word: string): boolean {
  return isFiller(word) || labelsOf([word]).size > 0;
}

/** Whether the word turns the label behind it round: "not good", "free of defects". */
function isNegation(words: readonly string[], at: number): boolean {
  const word = words[at] ?? '';
  return isWord('negation', word) || (word === 'of' && isWord('negation', words[at - 1] ?? ''));
}

/** Words of a name joined by a space, for comparing names of folders. */
export function folderKey(name: string): string {
  return wordsOf(spacedCamelCase(name)).join(' ');
}

/** The words of a name: "01_good-parts" → 01, good, parts; "n.i.O." → nio; "NG2024" → ng, 2024. */
function wordsOf(name: string): string[] {
  const text = plain(name)
    .replace(/(?<!\p{L})n[\W_]?i[\W_]?o(?!\p{L})/gu, ' nio ')
    .replace(/(?<!\p{L})i[\W_]o(?!\p{L})/gu, ' io ')
    .replace(/(?<!\p{L})n[\W_]ok(?!\p{L})/gu, ' nok ')
    .replace(/(?<!\p{L})n[\W_]g(?!\p{L})/gu, ' ng ')
    .replace(/(?<!\p{L})o[\W_]k(?!\p{L})/gu, ' ok ')
    .replace(/(?<!\p{L})k[\W_]o(?!\p{L})/gu, ' ko ')
    .replace(/[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]+/gu, ' $& ');
  return text
    .split(/[^\p{L}\p{N}]+/u)
    .flatMap((word) => /^(\d*)(\p{L}+)(\d*)$/u.exec(word)?.slice(1) ?? word)
    .filter((word) => word !== '');
}

function spacedCamelCase(name: string): string {
  return name
    .replace(/^n[\W_]?[iI][\W_]?[oO](?!\p{L})/u, 'nio') // "NiO" is one word
    .replace(/^iO(?!\p{L})/u, 'io')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll}{2,})/gu, '$1 $2');
}
