import type { Tensor } from '@tensorflow/tfjs';
import { selectiveScan } from '../../kernels/selective-scan/op.js';
import { inScope } from '../../runtime/scope.js';
import { tf } from '../../runtime/tf.js';
import { type Check, compareNmse } from '../check.js';
import type { Fixture } from '../fixture.js';
import type { FixtureKind } from '../kind.js';

interface Sizes {
  batch: number;
  directions: number;
  channels: number;
  length: number;
  states: number;
}

/** The scan alone. In the fixture each direction has a sequence of its own, so directions become one-way calls. */
export const selectiveScanKind: FixtureKind = {
  name: 'selective-scan',
  matches: (fixture) => fixture.has('u', 'delta', 'A', 'B', 'C', 'D', 'delta_bias', 'y'),
  check(fixture) {
    const [batch, , length] = fixture.tensor('u').shape as [number, number, number];
    const directions = Number(fixture.metadata.directions);
    const channels = Number(fixture.metadata.channels);
    const sizes = { batch, directions, channels, length, states: fixture.tensor('A').shape[1]! };
    return inScope(() => checkScan(fixture, sizes));
  },
};

const goldenGradients = ['du', 'ddelta', 'dB', 'dC', 'dA', 'dD', 'ddelta_bias'] as const;

function checkScan(fixture: Fixture, sizes: Sizes): Check[] {
  const { batch: B, directions: K, channels: D, length: L, states: N } = sizes;
  const sequence = (name: string) => tf.tensor(fixture.floats(name), [B, K, D, L]);
  const states = (name: string) => tf.tensor(fixture.floats(name), [B, K, N, L]);
  const inputs = [
    sequence('u'),
    sequence('delta'),
    states('B'),
    states('C'),
    tf.tensor(fixture.floats('A'), [K, D, N]),
    tf.tensor(fixture.floats('D'), [K, D]),
    tf.tensor(fixture.floats('delta_bias'), [K, D]),
  ];
  const order = {
    indices: Int32Array.from({ length: L }, (_, t) => t),
    directions: 1,
    length: L,
    segment: L,
  };
  const forward = () =>
    tf.stack(
      Array.from({ length: K }, (_, k) => oneDirection(inputs, k, order)),
      1,
    );
  const { value, grads } = tf.engine().gradients(forward, inputs, sequence('dy'));
  return [
    compareNmse('y', value.dataSync(), fixture.floats('y'), 1e-7),
    ...goldenGradients
      .map((name, i) => ({ name, gradient: grads[i]! }))
      .filter(({ name }) => fixture.has(name))
      .map(({ name, gradient }) => compareNmse(name, gradient.dataSync(), fixture.floats(name), 1e-5)),
  ];
}

/** Direction k alone, channels-last: `[B,D,L]`. */
function oneDirection(
  [u, delta, b, c, a, d, bias]: Tensor[],
  k: number,
  order: Parameters<typeof selectiveScan>[0]['order'],
): Tensor {
  const lastChannels = (x: Tensor) => tf.slice(x, [0, k], [-1, 1]).squeeze([1]).transpose([0, 2, 1]); // [B,L,·]
  const own = (x: Tensor) => tf.slice(x, [k], [1]);
  const y = selectiveScan({
    u: lastChannels(u!),
    delta: lastChannels(delta!).expandDims(2),
    b: lastChannels(b!).expandDims(2),
    c: lastChannels(c!).expandDims(2),
    a: own(a!),
    d: own(d!),
    deltaBias: own(bias!),
    order,
  });
  return y.transpose([0, 2, 1]);
}
