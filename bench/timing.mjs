// How the benches take their times, and what they say about the machine.
import { cpus, loadavg } from 'node:os';

/** Shortest of many runs, in milliseconds: on a shared machine the others' work only ever adds. */
export function shortest(run, milliseconds = 600) {
  run();
  let best = Infinity;
  const end = performance.now() + milliseconds;
  for (let repeat = 0; repeat < 3 || performance.now() < end; repeat++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** The same of work that ends later. */
export async function shortestOfAsync(run, milliseconds = 600) {
  await run();
  let best = Infinity;
  const end = performance.now() + milliseconds;
  for (let repeat = 0; repeat < 3 || performance.now() < end; repeat++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** One line: date, processor, Node, load. */
export function machine() {
  const [{ model }] = cpus();
  const load = loadavg()[0].toFixed(1);
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${model}, Node ${process.version}, load average ${load}`;
}

/** A Markdown table. */
export function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
