/** A tag: number, type (2 text, 3 short, 4 long, 5 pairs of longs flattened), values. */
export type TiffTag = readonly [tag: number, type: 2 | 3 | 4 | 5, values: readonly number[]];

export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  readonly bits: readonly number[];
  readonly photometric: number;
  readonly data: Uint8Array;
  readonly more?: readonly TiffTag[];
  readonly bigEndian?: boolean;
  readonly compression?: number;
}

/** A classic TIFF of one strip, written by hand, so that tests can lie in every tag. */
export function tiff(options: TiffOptions): Buffer {
  const { width, height, bits, photometric, data, more = [], bigEndian = false, compression = 1 } = options;
  const order = new Order(bigEndian);
  const own: TiffTag[] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, bits],
    [259, 3, [compression]],
    [262, 3, [photometric]],
    [273, 4, [0]], // the strip, found below
    [277, 3, [bits.length]],
    [278, 4, [height]],
    [279, 4, [data.length]],
  ];
  const tags = [...own, ...more].sort(([a], [b]) => a - b);
  const head = Buffer.concat([Buffer.from(bigEndian ? 'MM\0*' : 'II*\0', 'latin1'), order.long(8)]);
  const valuesAt = head.length + 2 + 12 * tags.length + 4;
  const long = tags.map(([, type, values]) => order.bytes(type, values)).filter(({ length }) => length > 4);
  const stripAt = valuesAt + long.reduce((sum, { length }) => sum + length, 0);
  let next = valuesAt;
  const entries = tags.map(([tag, type, values]) => {
    const bytes = order.bytes(type, tag === 273 ? [stripAt] : values);
    const count = type === 5 ? values.length / 2 : values.length;
    const value =
      bytes.length > 4 ? order.long(next) : Buffer.concat([bytes, Buffer.alloc(4)]).subarray(0, 4);
    if (bytes.length > 4) next += bytes.length;
    return Buffer.concat([order.short(tag), order.short(type), order.long(count), value]);
  });
  return Buffer.concat([head, order.short(tags.length), ...entries, order.long(0), ...long, data]);
}

/** 16-bit samples as the bytes of a little-endian TIFF. */
export function shorts(samples: Uint16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

class Order {
  constructor(private readonly bigEndian: boolean) {}

  short(value: number): Buffer {
    const out = Buffer.alloc(2);
    if (this.bigEndian) out.writeUInt16BE(value);
    else out.writeUInt16LE(value);
    return out;
  }

  long(value: number): Buffer {
    const out = Buffer.alloc(4);
    if (this.bigEndian) out.writeUInt32BE(value);
    else out.writeUInt32LE(value);
    return out;
  }

  bytes(type: TiffTag[1], values: readonly number[]): Buffer {
    if (type === 2) return Buffer.from(values);
    return Buffer.concat(values.map((value) => (type === 3 ? this.short(value) : this.long(value))));
  }
}
