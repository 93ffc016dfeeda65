// Glossary: B batch · H, W input map · P, Q output map · C channels · k, l filter sides
// A patch matrix is [B·P·Q, k·l·C]: row = output pixel, columns = the input pixels under the filter, zero outside.

let batch: i32, height: i32, width: i32, outHeight: i32, outWidth: i32, channels: i32;
let rows: i32, columns: i32, stride: i32, padTop: i32, padLeft: i32;

export function configure(b: i32, h: i32, w: i32, p: i32, q: i32, c: i32, k: i32, l: i32, s: i32, top: i32, left: i32): void {
  batch = b;
  height = h;
  width = w;
  outHeight = p;
  outWidth = q;
  channels = c;
  rows = k;
  columns = l;
  stride = s;
  padTop = top;
  padLeft = left;
}

/** Gathers x [B,H,W,C] into a patch matrix. */
export function patchesOf(x: usize, patches: usize): void {
  const pixel = <usize>channels << 2;
  let to = patches;
  for (let b = 0; b < batch; b++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        for (let i = 0; i < rows; i++) {
          const h = p * stride - padTop + i;
          for (let j = 0; j < columns; j++) {
            const w = q * stride - padLeft + j;
            if (h < 0 || h >= height || w < 0 || w >= width) memory.fill(to, 0, pixel);
            else memory.copy(to, x + <usize>((b * height + h) * width + w) * pixel, pixel);
            to += pixel;
          }
        }
      }
    }
  }
}

/** Adds a patch matrix back into the map it was gathered from; dx is zero beforehand. */
export function addPatches(patches: usize, dx: usize): void {
  const pixel = <usize>channels << 2;
  const wide = <usize>(channels & ~3) << 2;
  let from = patches;
  for (let b = 0; b < batch; b++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        for (let i = 0; i < rows; i++) {
          const h = p * stride - padTop + i;
          for (let j = 0; j < columns; j++) {
            const w = q * stride - padLeft + j;
            if (h >= 0 && h < height && w >= 0 && w < width) {
              const to = dx + <usize>((b * height + h) * width + w) * pixel;
              let c: usize = 0;
              for (; c < wide; c += 16) v128.store(to + c, f32x4.add(v128.load(to + c), v128.load(from + c)));
              for (; c < pixel; c += 4) store<f32>(to + c, load<f32>(to + c) + load<f32>(from + c));
            }
            from += pixel;
          }
        }
      }
    }
  }
}
