import { maskAt } from '../../data/mask.js';
import { resizeBilinear } from '../../data/resize.js';
import type { StoredTensor } from '../../files/safetensors.js';
import { type Check, compareAbsolute } from '../check.js';
import type { Fixture } from '../fixture.js';
import type { FixtureKind } from '../kind.js';

/** Image and mask resizing, to the byte. */
export const resizeKind: FixtureKind = {
  name: 'resize',
  matches: (fixture) => fixture.has('in.0', 'out.0'),
  check(fixture) {
    const cases = [...fixture.tensors.keys()]
      .filter((name) => name.startsWith('in.'))
      .map((name) => name.slice(3));
    const images = cases.map((name) => checkResize(fixture, `in.${name}`, `out.${name}`));
    return fixture.has('mask.in', 'mask.out') ? [...images, checkMask(fixture)] : images;
  },
};

function checkResize(fixture: Fixture, from: string, to: string): Check {
  const [height, width] = fixture.tensor(to).shape as [number, number];
  const resized = resizeBilinear(pixels(fixture.tensor(from)), width, height);
  return compareAbsolute(to, resized.data, bytes(fixture.tensor(to)), 0);
}

/** The fixture holds either the resized grey values or what is left after the protocol's threshold. */
function checkMask(fixture: Fixture): Check {
  const expected = bytes(fixture.tensor('mask.out'));
  const [height, width] = fixture.tensor('mask.out').shape as [number, number];
  const source = pixels(fixture.tensor('mask.in'));
  const isBinary = expected.every((value) => value <= 1);
  const actual = isBinary ? maskAt(source, width, height).data : resizeBilinear(source, width, height).data;
  return compareAbsolute('mask.out', actual, expected, 0);
}

function pixels(tensor: StoredTensor): Parameters<typeof resizeBilinear>[0] {
  const [height, width, channels = 1] = tensor.shape as [number, number, number?];
  return { width, height, channels, data: bytes(tensor) } as Parameters<typeof resizeBilinear>[0];
}

function bytes({ data }: StoredTensor): Uint8Array {
  return data as Uint8Array;
}
