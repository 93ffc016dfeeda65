// Two blocks at a time: V8 builds a vector constant anew at each use, but once for both.

import { loadLanes, storeLanes } from '../lanes.as';
import { sigmoid } from '../simd-math.as';
import { siluSlope, slopeOf } from './slope.as';

/** `y = x·σ(x)` over `size` floats. */
export function silu(x: usize, y: usize, size: usize): void {
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    siluBlock(x + i * 4, y + i * 4, 4);
    siluBlock(x + i * 4 + 16, y + i * 4 + 16, 4);
  }
  for (; i < size; i += 4) siluBlock(x + i * 4, y + i * 4, size - i);
}

// @ts-ignore: decorator
@inline
function siluBlock(x: usize, y: usize, count: usize): void {
  const value = loadLanes(x, count);
  storeLanes(y, f32x4.mul(value, sigmoid(value)), count);
}

export function siluGradient(x: usize, dy: usize, dx: usize, size: usize): void {
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    siluGradientBlock(x + i * 4, dy + i * 4, dx + i * 4, 4);
    siluGradientBlock(x + i * 4 + 16, dy + i * 4 + 16, dx + i * 4 + 16, 4);
  }
  for (; i < size; i += 4) siluGradientBlock(x + i * 4, dy + i * 4, dx + i * 4, size - i);
}

// @ts-ignore: decorator
@inline
function siluGradientBlock(x: usize, dy: usize, dx: usize, count: usize): void {
  storeLanes(dx, f32x4.mul(loadLanes(dy, count), siluSlope(loadLanes(x, count))), count);
}

/** `y = x·silu(z)`. */
export function gate(x: usize, z: usize, y: usize, size: usize): void {
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    gateBlock(x + i * 4, z + i * 4, y + i * 4, 4);
    gateBlock(x + i * 4 + 16, z + i * 4 + 16, y + i * 4 + 16, 4);
  }
  for (; i < size; i += 4) gateBlock(x + i * 4, z + i * 4, y + i * 4, size - i);
}

// @ts-ignore: decorator
@inline
function gateBlock(x: usize, z: usize, y: usize, count: usize): void {
  const value = loadLanes(z, count);
  storeLanes(y, f32x4.mul(f32x4.mul(value, sigmoid(value)), loadLanes(x, count)), count);
}

export function gateGradient(x: usize, z: usize, dy: usize, dx: usize, dz: usize, size: usize): void {
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    const at = i * 4;
    gateGradientBlock(x + at, z + at, dy + at, dx + at, dz + at, 4);
    gateGradientBlock(x + at + 16, z + at + 16, dy + at + 16, dx + at + 16, dz + at + 16, 4);
  }
  for (; i < size; i += 4) {
    const at = i * 4;
    gateGradientBlock(x + at, z + at, dy + at, dx + at, dz + at, size - i);
  }
}

// @ts-ignore: decorator
@inline
function gateGradientBlock(x: usize, z: usize, dy: usize, dx: usize, dz: usize, count: usize): void {
  const value = loadLanes(z, count);
  const slope = loadLanes(dy, count);
  const open = sigmoid(value);
  storeLanes(dx, f32x4.mul(slope, f32x4.mul(value, open)), count);
  storeLanes(dz, f32x4.mul(f32x4.mul(slope, loadLanes(x, count)), slopeOf(value, open)), count);
}
