import type { MambaadError } from '../errors.js';
import type { Encoder } from '../models/encoders/encoder.js';
import { PassedOn } from '../records/passed-on.js';
import type { FeatureRecord, ImageRecord } from '../records/schemas.js';
import { featureRecord, type StoringOptions } from './feature-record.js';
import { inGroups, inOrder } from './in-order.js';
import { type Prepared, prepareImage, type ReadingOptions, type Refused } from './prepare-image.js';

export interface ExtractOptions extends ReadingOptions, StoringOptions {
  /** Images given to the encoder at a time, 8 by default. */
  readonly batch?: number;
  /** Images being read and decoded at a time, twice the batch by default. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/** What became of an input, in its place. */
export type Outcome =
  | { readonly record: FeatureRecord }
  | { readonly image: ImageRecord; readonly error: MambaadError }
  | PassedOn;

/**
 * Encoder features of images, in their order.
 *
 * @throws what is wrong with the first image that cannot be read, after the records before it; what the encoder or cache
 *   throws; the signal's reason
 */
export async function* extractFeatures(
  images: AsyncIterable<ImageRecord>,
  encoder: Encoder,
  options: ExtractOptions = {},
): AsyncGenerator<FeatureRecord> {
  for await (const outcome of extractInPlace(images, encoder, options)) {
    if ('error' in outcome) throw outcome.error;
    if ('record' in outcome) yield outcome.record;
  }
}

/**
 * What becomes of each input, in its place. Several images are read, hashed, decoded and resized while the encoder works on
 * a batch and the batch before it is read by the consumer; memory is bounded by `concurrency` and two batches.
 *
 * @throws what the encoder or cache throws; the signal's reason
 */
export async function* extractInPlace(
  inputs: AsyncIterable<ImageRecord | PassedOn>,
  encoder: Encoder,
  options: ExtractOptions = {},
): AsyncGenerator<Outcome> {
  const { batch = 8, concurrency = 2 * batch, signal } = options;
  const work = async (input: ImageRecord | PassedOn) => {
    signal?.throwIfAborted();
    return input instanceof PassedOn ? input : prepareImage(input, encoder, options);
  };
  const groups = inGroups(inOrder(inputs, work, concurrency), batch);
  const stop = aborted(signal);
  let encoding: Promise<Outcome[]> | undefined;
  try {
    for (let group = nextOf(groups); ; ) {
      // What is encoded goes out at once, not when the next batch has come.
      if (encoding && (await Promise.race([stop, firstOf(encoding, group)])) === 'encoding') {
        yield* await encoding;
        encoding = undefined;
        continue;
      }
      const next = await Promise.race([stop, group]);
      const before = encoding;
      if ('failure' in next || next.done) {
        if (before) yield* await before; // what came before the failure is not lost
        if ('failure' in next) throw next.failure;
        break;
      }
      encoding = encodeAfter(before, next.value, encoder, options);
      encoding.catch(() => {}); // reported when its turn comes
      group = nextOf(groups);
      if (before) yield* await Promise.race([stop, before]);
    }
  } finally {
    await encoding?.catch(() => {}); // the encoder is not left working on disposed weights
    groups.return(undefined).catch(() => {}); // not awaited: the source may be waiting for input that never comes
  }
}

type Item = Prepared | Refused | PassedOn;

type Next = IteratorResult<Item[], void> | { readonly failure: unknown };

function nextOf(groups: AsyncGenerator<Item[], void>): Promise<Next> {
  return groups.next().catch((failure: unknown) => ({ failure }));
}

/** Rejects with the signal's reason once it is given. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  const stop = new Promise<never>((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  stop.catch(() => {});
  return stop;
}

async function firstOf(encoding: Promise<unknown>, group: Promise<unknown>): Promise<'encoding' | 'group'> {
  return Promise.race([encoding.then(() => 'encoding' as const), group.then(() => 'group' as const)]);
}

/** One batch at a time: encoders need not be re-entrant. */
async function encodeAfter(
  before: Promise<unknown> | undefined,
  group: readonly Item[],
  encoder: Encoder,
  options: ExtractOptions,
): Promise<Outcome[]> {
  await before;
  options.signal?.throwIfAborted();
  const missing = group.filter((item): item is Prepared => 'pixels' in item);
  const maps = await encode(missing, encoder);
  const outcomes: Outcome[] = [];
  for (const item of group) {
    if (item instanceof PassedOn || 'error' in item) outcomes.push(item);
    else outcomes.push({ record: await featureRecord(item, maps.get(item), encoder, options) });
  }
  return outcomes;
}

async function encode(items: readonly Prepared[], encoder: Encoder): Promise<Map<Prepared, Float32Array[]>> {
  const maps = new Map<Prepared, Float32Array[]>();
  if (items.length === 0) return maps;
  const [width, height] = encoder.inputSize;
  const pixels = new Uint8Array(items.length * width * height * 3);
  for (const [i, item] of items.entries()) pixels.set(item.pixels!, i * width * height * 3);
  const scales = await encoder.encode(pixels, items.length);
  for (const [i, item] of items.entries()) {
    const own = scales.map((scale) => {
      const length = scale.length / items.length;
      return scale.subarray(i * length, (i + 1) * length);
    });
    maps.set(item, own);
  }
  return maps;
}
