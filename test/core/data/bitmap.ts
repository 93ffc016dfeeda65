/** A Windows bitmap of RGB (24, 32 bits) or grey (8 bits, through a grey palette) samples. */
export function bitmap(
  width: number,
  height: number,
  bits: 8 | 24 | 32,
  samples: Uint8Array,
  topDown = false,
): Buffer {
  const stride = Math.ceil((width * bits) / 32) * 4;
  const palette = bits === 8 ? 1024 : 0;
  const file = Buffer.alloc(54 + palette + stride * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54 + palette, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(topDown ? -height : height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  for (let i = 0; i < palette; i++) file[54 + i] = i % 4 === 3 ? 0 : Math.floor(i / 4);
  for (let y = 0; y < height; y++) {
    const row = 54 + palette + stride * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      if (bits === 8) file[row + x] = samples[pixel]!;
      else for (let c = 0; c < 3; c++) file[row + (x * bits) / 8 + c] = samples[pixel * 3 + 2 - c]!;
    }
  }
  return file;
}
