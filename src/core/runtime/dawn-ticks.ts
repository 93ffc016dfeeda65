/** Dawn's turns of the event loop that are due. */
const due = new Set<() => void>();

let tracking = false;

let queueWithNode: (tick: () => void) => void = () => {};

/** While JavaScript waits, nothing is queued with Node: it would pile up, as the event loop stands still. */
let waiting = false;

const pause = new Int32Array(new SharedArrayBuffer(4));
const quickTurns = 64;
const pauseMs = 0.1;

/**
 * Dawn advances its work in callbacks that it queues with the global `setImmediate`. This keeps hold of them, so that
 * `waitForDawn` can let Dawn finish something while JavaScript waits. Call it before Dawn's first asynchronous call.
 */
export function trackDawnTicks(): void {
  if (tracking) return;
  tracking = true;
  const original = globalThis.setImmediate;
  const idle = original(() => {});
  queueWithNode = (tick) => original(() => runOnce(tick));
  const tracked = (callback: (...args: unknown[]) => void, ...args: unknown[]): NodeJS.Immediate => {
    if (!comesFromDawn(callback, args)) return original(callback, ...args);
    due.add(callback);
    return waiting ? idle : original(() => runOnce(callback));
  };
  // node:util's promisify finds its way to a promise in these properties.
  Object.defineProperties(tracked, Object.getOwnPropertyDescriptors(original));
  globalThis.setImmediate = tracked as typeof globalThis.setImmediate;
}

/**
 * Lets Dawn work until `done` says so, while the rest of JavaScript stands still.
 *
 * @returns whether that came about within `patienceMs`
 */
export function waitForDawn(done: () => boolean, patienceMs: number): boolean {
  const deadline = performance.now() + patienceMs;
  waiting = true;
  try {
    for (let turn = 0; !done(); turn++) {
      if (performance.now() > deadline) return false;
      for (const tick of [...due]) runOnce(tick);
      if (turn > quickTurns) Atomics.wait(pause, 0, 0, pauseMs);
    }
    return true;
  } finally {
    waiting = false;
    for (const tick of due) queueWithNode(tick);
  }
}

function runOnce(tick: () => void): void {
  if (due.delete(tick)) tick();
}

/** Native, without a name (bound functions are called "bound …") and without arguments: only addons make those. */
function comesFromDawn(callback: (...args: unknown[]) => void, args: unknown[]): callback is () => void {
  return args.length === 0 && callback.name === '' && String(callback).includes('[native code]');
}
