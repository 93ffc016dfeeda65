import { DataError } from '../errors.js';
import { sizeOf } from '../tensor.js';
import { engineShape, fromEngine, toEngine } from './layout.js';
import type { ParameterSpec } from './parameter.js';
import type { Random } from './random.js';

/** Where one parameter lies in a block. */
export interface Slot {
  readonly spec: ParameterSpec;
  /** Shape in engine layout. */
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** All tensors of a model in one stretch of memory, in engine layout, so that threads can share it. */
export class ParameterBlock {
  readonly slots: readonly Slot[];
  readonly values: Float32Array;

  /**
   * @param memory shared with other threads, or fresh when absent.
   * @throws RangeError when `memory` has another length than the tensors need.
   */
  constructor(specs: readonly ParameterSpec[], memory?: Float32Array) {
    let offset = 0;
    this.slots = specs.map((spec) => {
      const slot = { spec, shape: engineShape(spec), offset, size: sizeOf(spec.shape) };
      offset += slot.size;
      return slot;
    });
    this.values = memory ?? new Float32Array(new SharedArrayBuffer(4 * offset));
    if (this.values.length !== offset) {
      throw new RangeError(
        `a parameter block of ${offset} numbers does not fit memory of ${this.values.length}`,
      );
    }
  }

  view(slot: Slot): Float32Array {
    return this.values.subarray(slot.offset, slot.offset + slot.size);
  }

  initialise(random: Random): void {
    for (const slot of this.slots)
      this.view(slot).set(toEngine(slot.spec, slot.spec.init(slot.size, random)));
  }

  /**
   * Fills the block from disk tensors.
   *
   * @throws DataError naming the first tensor that is missing, misshapen or foreign.
   */
  load(tensors: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>, source: string): void {
    const foreign = new Set(tensors.keys());
    for (const slot of this.slots) {
      const { name, shape } = slot.spec;
      const tensor = tensors.get(name);
      if (!tensor)
        throw new DataError(
          `${source}: tensor ${name} is missing; the file belongs to another model or preset`,
        );
      if (sizeOf(tensor.shape) !== slot.size || tensor.shape.join() !== shape.join()) {
        throw new DataError(
          `${source}: tensor ${name} is [${tensor.shape}], the model's config wants [${shape}]; the file belongs to another preset`,
        );
      }
      this.view(slot).set(toEngine(slot.spec, tensor.data));
      foreign.delete(name);
    }
    const [first] = foreign;
    if (first !== undefined) {
      throw new DataError(
        `${source}: tensor ${first} is unknown to this model (${foreign.size} such); the file belongs to another model or preset`,
      );
    }
  }

  /** The tensors in disk layout. */
  toDisk(): Map<string, { shape: readonly number[]; data: Float32Array }> {
    return new Map(
      this.slots.map((slot) => [
        slot.spec.name,
        { shape: slot.spec.shape, data: fromEngine(slot.spec, this.view(slot)).slice() },
      ]),
    );
  }

  /** Number of trained numbers. */
  get trainableSize(): number {
    return this.slots.reduce((sum, slot) => sum + (slot.spec.trainable ? slot.size : 0), 0);
  }
}
