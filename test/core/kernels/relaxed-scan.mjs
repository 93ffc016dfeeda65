// Runs the plain and the relaxed build of the scan on the same inputs and prints how far they are apart.
import { readFileSync } from 'node:fs';

const [L, D, N, K] = [200, 12, 16, 2];

function run(variant) {
  const file = new URL(`../../../dist/core/kernels/selective-scan/${variant}`, import.meta.url);
  const memory = new WebAssembly.Memory({ initial: 64 });
  const scan = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), { env: { memory } })
    .exports;
  let top = 1024;
  const floats = (size, value) => {
    const at = top;
    new Float32Array(memory.buffer, at, size).forEach((_, i, all) => {
      all[i] = value(i);
    });
    top += size * 4;
    return at;
  };
  const wave = (size, rate) => floats(size, (i) => Math.sin(i * rate + 1));
  const u = wave(L * D, 0.7);
  const delta = wave(L * K * D, 0.3);
  const b = wave(L * K * N, 1.1);
  const c = wave(L * K * N, 0.9);
  const a = floats(K * D * N, (i) => -1 - (i % N));
  const d = wave(K * D, 0.2);
  const bias = floats(K * D, () => -3);
  const y = floats(L * D, () => 0);
  const order = top;
  new Int32Array(memory.buffer, order, K * L).forEach((_, i, all) => {
    all[i] = i % L;
  });
  top += K * L * 4;
  scan.configure(L, D, N, K, L);
  scan.bindParameters(a, d, bias, order);
  scan.bindImage(u, delta, b, c);
  scan.forward(y, 0, D, top, 0);
  return new Float32Array(memory.buffer, y, L * D);
}

const plain = run('wasm.wasm');
const relaxed = run('wasm.relaxed.wasm');
const power = plain.reduce((sum, x) => sum + x * x, 0);
const error = plain.reduce((sum, x, i) => sum + (x - relaxed[i]) ** 2, 0);
console.log(JSON.stringify({ nmse: error / power, relaxedDiffers: error > 0 }));
