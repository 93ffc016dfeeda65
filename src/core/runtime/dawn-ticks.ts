/** Dawn's turns of the event loop that are due. */
const due = new Set<() => void>();

let tracking = false;

/**
 * Dawn advances its work in callbacks that it queues with the global `setImmediate`. This keeps hold of them, so that
 * `runDawnTicks` can let Dawn finish something while JavaScript waits. Call it before Dawn's first asynchronous call.
 */
export function trackDawnTicks(): void {
  if (tracking) return;
  tracking = true;
  const original = globalThis.setImmediate;
  const tracked = (callback: (...args: unknown[]) => void, ...args: unknown[]): NodeJS.Immediate => {
    if (!comesFromDawn(callback, args)) return original(callback, ...args);
    due.add(callback);
    return original(() => runOnce(callback));
  };
  // node:util's promisify finds its way to a promise in these properties.
  Object.defineProperties(tracked, Object.getOwnPropertyDescriptors(original));
  globalThis.setImmediate = tracked as typeof globalThis.setImmediate;
}

/** Runs what Dawn has queued, now. */
export function runDawnTicks(): void {
  for (const tick of [...due]) runOnce(tick);
}

function runOnce(tick: () => void): void {
  if (due.delete(tick)) tick();
}

/** Native, without a name (bound functions are called "bound …") and without arguments: only addons make those. */
function comesFromDawn(callback: (...args: unknown[]) => void, args: unknown[]): callback is () => void {
  return args.length === 0 && callback.name === '' && String(callback).includes('[native code]');
}
