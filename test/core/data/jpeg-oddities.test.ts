import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeRgb } from '../../../src/core/data/decode.js';

const side = 96;
/** Noise on a gradient: coded data in which a changed byte is noticed. */
const picture = Uint8Array.from({ length: side * side }, (_, i) => (i % side) + ((i * 2654435761) >>> 26));
const decode = (bytes: Uint8Array) => decodeRgb(bytes, { path: 'part.jpg' });

let jpeg: Buffer;
let pixels: Uint8Array;
beforeAll(async () => {
  jpeg = await encoded({});
  pixels = (await decode(jpeg)).data;
});

function encoded(options: object): Promise<Buffer> {
  const raw = { width: side, height: side, channels: 1 as const };
  return sharp(picture, { raw })
    .jpeg({ quality: 85, ...options })
    .toBuffer();
}

/** The file with bytes behind its start, where segments of applications stand. */
const withSegment = (...bytes: number[]) =>
  Buffer.concat([jpeg.subarray(0, 2), Buffer.from(bytes), jpeg.subarray(2)]);
const named = (marker: number, text: string, ...more: number[]) => [
  ...[0xff, marker, 0, 2 + text.length + more.length],
  ...[...Buffer.from(text, 'latin1'), ...more],
];

describe('a whole JPEG that decoders warn of is read:', () => {
  const oddities: [string, () => Buffer][] = [
    ['an unknown JFIF revision', () => withSegment(...named(0xe0, 'JFIF\0', 2, 1, 0, 0, 1, 0, 1, 0, 0))],
    ['bytes between the segments of its header', () => withSegment(...named(0xfe, 'x'), 0, 0, 0)],
    [
      'a colour profile in pieces that do not fit',
      () => withSegment(...named(0xe2, 'ICC_PROFILE\0', 5, 2, 9)),
    ],
    ['an unknown transform of Adobe', () => withSegment(...named(0xee, 'Adobe', 0, 100, 0, 0, 0, 0, 5))],
    ['progressive parameters in a sequential scan', () => withScanParameters(0, 0, 0)],
    [
      'padding before its end',
      () => Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(9), jpeg.subarray(-2)]),
    ],
    ['bytes behind its end', () => Buffer.concat([jpeg, Buffer.from('made by a camera')])],
  ];
  test.each(oddities)('%s', async (_, make) => {
    expect(Buffer.compare((await decode(make())).data, pixels)).toBe(0);
  });

  function withScanParameters(...parameters: number[]): Buffer {
    const copy = Buffer.from(jpeg);
    const at = copy.indexOf(Buffer.from([0xff, 0xda]));
    copy.set(parameters, at + 2 + copy.readUInt16BE(at + 2) - 3);
    return copy;
  }
});

describe('damage that a decoder only warns of is refused', () => {
  test.each([
    ['in a sequential JPEG', {}],
    ['in a progressive one', { progressive: true }],
  ])('%s, also beside a harmless oddity', async (_, options) => {
    const whole = await encoded(options);
    for (const odd of [
      whole,
      Buffer.concat([
        whole.subarray(0, 2),
        Buffer.from(named(0xe0, 'JFIF\0', 2, 1, 0, 0, 1, 0, 1, 0, 0)),
        whole.subarray(2),
      ]),
    ]) {
      // The coded data ends early: its second half is left out, the end marker is there.
      const scan = odd.lastIndexOf(Buffer.from([0xff, 0xda]));
      const middle = Math.floor((scan + odd.length) / 2);
      const shortened = Buffer.concat([odd.subarray(0, middle), odd.subarray(-2)]);
      await expect(decode(shortened)).rejects.toThrow(
        /^part\.jpg: does not decode \([^\n]+\); the image is damaged or cut off\.$/,
      );
    }
  });
});
