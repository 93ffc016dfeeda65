import { gzipSync } from 'node:zlib';

export interface Entry {
  name: string;
  /** Type flag of the tar format: 0 file, 1 link, 2 symbolic link, 3 device, 5 folder, 6 pipe. */
  type?: string;
  body?: string | Uint8Array;
  /** What the header claims, when it is not the body's length. */
  size?: number;
  link?: string;
}

/** A tar archive with whatever is in the entries, sensible or not. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, type = '0', body = '', size, link = '' }) => {
    const bytes = Buffer.from(body);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write(`${(size ?? bytes.byteLength).toString(8).padStart(11, '0')}\0`, 124);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\x0000', 257);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.byteLength % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export const tarball = (entries: readonly Entry[]): Buffer => gzipSync(tarOf(entries));
