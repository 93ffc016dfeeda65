// Glossary: B batch · H, W input map · P, Q output map · C channels · k kernel side
// Maps are [B,H,W,C], filters [k,k,C,1]. Every function works on channels [c, c+4·v) of the whole batch, so that the
// accumulators of a pixel stay in registers while the taps pass by.

import { mulAdd } from '../simd-math.as';

let batch: i32, height: i32, width: i32, outHeight: i32, outWidth: i32, channels: i32;
let side: i32, stride: i32, padTop: i32, padLeft: i32;

export function configure(b: i32, h: i32, w: i32, p: i32, q: i32, c: i32, k: i32, s: i32, top: i32, left: i32): void {
  batch = b;
  height = h;
  width = w;
  outHeight = p;
  outWidth = q;
  channels = c;
  side = k;
  stride = s;
  padTop = top;
  padLeft = left;
}

// @ts-ignore: decorator
@inline
function lowTap(start: i32): i32 {
  return max(0, -start);
}

// @ts-ignore: decorator
@inline
function highTap(start: i32, size: i32): i32 {
  return min(side, size - start);
}

/** y = x ∗ filter. */
export function forward(x: usize, filter: usize, y: usize): void {
  for (let b = 0; b < batch; b++) {
    for (let p = 0; p < outHeight; p++) {
      const top = p * stride - padTop;
      for (let q = 0; q < outWidth; q++) {
        const left = q * stride - padLeft;
        const out = y + (<usize>(((b * outHeight + p) * outWidth + q) * channels) << 2);
        gather(x + (<usize>(b * height * width * channels) << 2), filter, out, top, left, height, width, 1);
      }
    }
  }
}

/** dx for stride 1: dy ∗ the filter turned by 180°. */
export function inputGradient(dy: usize, filter: usize, dx: usize): void {
  const last = filter + (<usize>((side * side - 1) * channels) << 2);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < height; h++) {
      const top = h + padTop - side + 1;
      for (let w = 0; w < width; w++) {
        const left = w + padLeft - side + 1;
        const out = dx + (<usize>(((b * height + h) * width + w) * channels) << 2);
        gather(dy + (<usize>(b * outHeight * outWidth * channels) << 2), last, out, top, left, outHeight, outWidth, -1);
      }
    }
  }
}

/** One output pixel: the sum over the taps inside the map. `direction` -1 walks the filter backwards. */
function gather(map: usize, filter: usize, out: usize, top: i32, left: i32, mapHeight: i32, mapWidth: i32, direction: i32): void {
  const fromRow = lowTap(top);
  const toRow = highTap(top, mapHeight);
  const fromColumn = lowTap(left);
  const toColumn = highTap(left, mapWidth);
  const pixel = <usize>channels << 2;
  const step: usize = direction > 0 ? pixel : 0 - pixel;
  let c: usize = 0;
  const wide = <usize>(channels & ~15) << 2;
  for (; c < wide; c += 64) {
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
    for (let i = fromRow; i < toRow; i++) {
      let m = map + c + <usize>((top + i) * mapWidth + left + fromColumn) * pixel;
      let f = filter + c + <usize>(i * side + fromColumn) * step;
      for (let j = fromColumn; j < toColumn; j++) {
        a0 = mulAdd(v128.load(m), v128.load(f), a0);
        a1 = mulAdd(v128.load(m, 16), v128.load(f, 16), a1);
        a2 = mulAdd(v128.load(m, 32), v128.load(f, 32), a2);
        a3 = mulAdd(v128.load(m, 48), v128.load(f, 48), a3);
        m += pixel;
        f += step;
      }
    }
    v128.store(out + c, a0);
    v128.store(out + c, a1, 16);
    v128.store(out + c, a2, 32);
    v128.store(out + c, a3, 48);
  }
  for (; c < pixel; c += 4) {
    let a: f32 = 0;
    for (let i = fromRow; i < toRow; i++) {
      let m = map + c + <usize>((top + i) * mapWidth + left + fromColumn) * pixel;
      let f = filter + c + <usize>(i * side + fromColumn) * step;
      for (let j = fromColumn; j < toColumn; j++) {
        a += load<f32>(m) * load<f32>(f);
        m += pixel;
        f += step;
      }
    }
    store<f32>(out + c, a);
  }
}

/** dx for any stride: every dy adds into the pixels it came from. dx is zero beforehand. */
export function scatterInputGradient(dy: usize, filter: usize, dx: usize): void {
  const pixel = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        const from = dy + <usize>((b * outHeight + p) * outWidth + q) * pixel;
        for (let i = 0; i < side; i++) {
          const h = p * stride - padTop + i;
          if (h < 0 || h >= height) continue;
          for (let j = 0; j < side; j++) {
            const w = q * stride - padLeft + j;
            if (w < 0 || w >= width) continue;
            const to = dx + <usize>((b * height + h) * width + w) * pixel;
            const f = filter + <usize>(i * side + j) * pixel;
            for (let c: usize = 0; c < pixel; c += 4) {
              store<f32>(to + c, load<f32>(to + c) + load<f32>(from + c) * load<f32>(f + c));
            }
          }
        }
      }
    }
  }
}

/**
 * dfilter: for every tap the sum over all pixels of x under the tap times dy. Row by row of dy and sixteen channels at a
 * time, so that the rows of x that all taps need are read from memory once. dfilter is zero beforehand.
 */
export function filterGradient(x: usize, dy: usize, dfilter: usize): void {
  const pixel = <usize>channels << 2;
  const wide = <usize>(channels & ~15) << 2;
  for (let b = 0; b < batch; b++) {
    for (let p = 0; p < outHeight; p++) {
      const top = p * stride - padTop;
      const dyRow = dy + <usize>((b * outHeight + p) * outWidth) * pixel;
      const fromRow = lowTap(top);
      const toRow = highTap(top, height);
      for (let c: usize = 0; c < pixel; c += c < wide ? 64 : 4) {
        for (let i = fromRow; i < toRow; i++) {
          const xRow = x + <usize>((b * height + top + i) * width) * pixel;
          const out = dfilter + <usize>(i * side) * pixel + c;
          if (c < wide) rowTaps(xRow + c, dyRow + c, out);
          else rowTapsOfChannel(xRow + c, dyRow + c, out);
        }
      }
    }
  }
}

/** First output column whose tap j lies inside the map, and the one after the last. */
// @ts-ignore: decorator
@inline
function firstColumn(j: i32): i32 {
  return max(0, (padLeft - j + stride - 1) / stride);
}

// @ts-ignore: decorator
@inline
function endColumn(j: i32): i32 {
  return min(outWidth, (width - 1 - j + padLeft) / stride + 1);
}

/** Adds one row of dy under all taps of one filter row, sixteen channels. */
function rowTaps(x: usize, dy: usize, out: usize): void {
  const pixel = <usize>channels << 2;
  const hop = pixel * stride;
  for (let j = 0; j < side; j++) {
    const from = firstColumn(j);
    const to = endColumn(j);
    let m = x + <usize>(from * stride - padLeft + j) * pixel;
    let d = dy + <usize>from * pixel;
    // The row on its own first: long float32 sums lose digits.
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
    for (let q = from; q < to; q++) {
      a0 = mulAdd(v128.load(m), v128.load(d), a0);
      a1 = mulAdd(v128.load(m, 16), v128.load(d, 16), a1);
      a2 = mulAdd(v128.load(m, 32), v128.load(d, 32), a2);
      a3 = mulAdd(v128.load(m, 48), v128.load(d, 48), a3);
      m += hop;
      d += pixel;
    }
    v128.store(out, f32x4.add(v128.load(out), a0));
    v128.store(out, f32x4.add(v128.load(out, 16), a1), 16);
    v128.store(out, f32x4.add(v128.load(out, 32), a2), 32);
    v128.store(out, f32x4.add(v128.load(out, 48), a3), 48);
    out += pixel;
  }
}

/** As `rowTaps`, for one channel. */
function rowTapsOfChannel(x: usize, dy: usize, out: usize): void {
  const pixel = <usize>channels << 2;
  const hop = pixel * stride;
  for (let j = 0; j < side; j++) {
    const from = firstColumn(j);
    const to = endColumn(j);
    let m = x + <usize>(from * stride - padLeft + j) * pixel;
    let d = dy + <usize>from * pixel;
    let sum: f32 = 0;
    for (let q = from; q < to; q++) {
      sum += load<f32>(m) * load<f32>(d);
      m += hop;
      d += pixel;
    }
    store<f32>(out, load<f32>(out) + sum);
    out += pixel;
  }
}
