import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `work` on up to `inFlight` items at a time and yields the results in the order of the items. At most that many
 * items are held. Ends its source when the reader stops.
 */
export async function* inOrder<A, B>(
  source: AsyncIterable<A>,
  work: (item: A) => Promise<B>,
  inFlight: number,
): AsyncGenerator<B> {
  const items = source[Symbol.asyncIterator]();
  // Each slot waits for its own item; a slow source fills the window one by one, a quick one at once.
  const window: Promise<{ value: B } | undefined>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const fill = () => {
    const next = last.then(() => items.next());
    last = next.then(
      () => undefined,
      () => undefined,
    );
    const slot = next.then(async ({ done, value }) => (done ? undefined : { value: await work(value) }));
    slot.catch(() => {}); // reported when the slot's turn comes
    window.push(slot);
  };
  try {
    for (let i = 0; i < inFlight; i++) fill();
    for (;;) {
      const result = await window.shift()!;
      if (!result) return;
      fill();
      yield result.value;
    }
  } finally {
    finish(items);
  }
}

/**
 * Collects items into groups of `size`. A group that has waited `patience` milliseconds for its next item goes out
 * smaller, so that a slow source (a camera, a watched folder) does not hold back what has come.
 */
export async function* inGroups<A>(
  source: AsyncIterable<A>,
  size: number,
  patience = 50,
): AsyncGenerator<A[]> {
  const items = source[Symbol.asyncIterator]();
  let group: A[] = [];
  try {
    for (let next = resultOf(items); ; ) {
      if (group.length > 0 && !(await settles(next, patience))) {
        yield group;
        group = [];
      }
      const result = await next;
      if ('failure' in result || result.done) {
        if (group.length > 0) yield group;
        if ('failure' in result) throw result.failure;
        return;
      }
      group.push(result.value);
      next = resultOf(items);
      if (group.length >= size) {
        yield group;
        group = [];
      }
    }
  } finally {
    finish(items);
  }
}

function resultOf<A>(items: AsyncIterator<A>): Promise<IteratorResult<A> | { readonly failure: unknown }> {
  return items.next().catch((failure: unknown) => ({ failure }));
}

/** Lets a source clean up; not awaited, because it may be waiting for input that never comes. */
function finish(items: AsyncIterator<unknown>): void {
  items.return?.().catch(() => {});
}

async function settles(promise: Promise<unknown>, within: number): Promise<boolean> {
  const timer = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = delay(within, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([settled, late]);
  timer.abort();
  return inTime;
}
