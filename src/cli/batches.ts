/** How long an incomplete batch waits for company: a camera that sends one picture a minute must not wait for eight. */
const PATIENCE_MS = 50;

/**
 * Groups what a source gives into batches of at most `size`; reads no further ahead than one element, so memory stays
 * bounded by the batch. A batch goes out early when the source pauses, and before an error of the source is thrown.
 */
export async function* inBatches<T>(
  source: AsyncIterable<T>,
  size: number,
  patienceMs = PATIENCE_MS,
): AsyncGenerator<T[]> {
  const iterator = source[Symbol.asyncIterator]();
  let batch: T[] = [];
  let next = settled(iterator.next());
  try {
    for (;;) {
      const outcome = batch.length === 0 ? await next : await within(next, patienceMs);
      if (outcome !== 'late' && 'value' in outcome) batch.push(outcome.value);
      const isFull = batch.length === size;
      const isLast = outcome !== 'late' && !('value' in outcome);
      if (batch.length > 0 && (isFull || isLast || outcome === 'late')) {
        yield batch;
        batch = [];
      }
      if (isLast && 'error' in outcome) throw outcome.error;
      if (isLast) return;
      if (outcome !== 'late') next = settled(iterator.next());
    }
  } finally {
    // Not awaited: a generator that waits for its input answers only after the input has come.
    void iterator.return?.().catch(() => {});
  }
}

type Outcome<T> = { value: T } | { error: unknown } | { end: true };

/** A promise that never rejects: while a batch is worked on, nobody listens. */
async function settled<T>(step: Promise<IteratorResult<T>>): Promise<Outcome<T>> {
  try {
    const result = await step;
    return result.done ? { end: true } : { value: result.value };
  } catch (error) {
    return { error };
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
