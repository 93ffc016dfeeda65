import { loadLanes, storeLanes } from '../lanes.as';
import { sigmoid } from '../simd-math.as';
import { siluSlope, slopeOf } from './slope.as';

/** `y = x·σ(x)` over `size` floats. */
export function silu(x: usize, y: usize, size: usize): void {
  for (let i: usize = 0; i < size; i += 4) {
    const left = size - i;
    const value = loadLanes(x + i * 4, left);
    storeLanes(y + i * 4, f32x4.mul(value, sigmoid(value)), left);
  }
}

export function siluGradient(x: usize, dy: usize, dx: usize, size: usize): void {
  for (let i: usize = 0; i < size; i += 4) {
    const left = size - i;
    storeLanes(dx + i * 4, f32x4.mul(loadLanes(dy + i * 4, left), siluSlope(loadLanes(x + i * 4, left))), left);
  }
}

/** `y = x·silu(z)`. */
export function gate(x: usize, z: usize, y: usize, size: usize): void {
  for (let i: usize = 0; i < size; i += 4) {
    const left = size - i;
    const value = loadLanes(z + i * 4, left);
    const product = f32x4.mul(f32x4.mul(value, sigmoid(value)), loadLanes(x + i * 4, left));
    storeLanes(y + i * 4, product, left);
  }
}

export function gateGradient(x: usize, z: usize, dy: usize, dx: usize, dz: usize, size: usize): void {
  for (let i: usize = 0; i < size; i += 4) {
    const left = size - i;
    const value = loadLanes(z + i * 4, left);
    const slope = loadLanes(dy + i * 4, left);
    const open = sigmoid(value);
    storeLanes(dx + i * 4, f32x4.mul(slope, f32x4.mul(value, open)), left);
    const steep = slopeOf(value, open);
    storeLanes(dz + i * 4, f32x4.mul(f32x4.mul(slope, loadLanes(x + i * 4, left)), steep), left);
  }
}
