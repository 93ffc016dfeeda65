import type { Weights } from './parameter.js';

/** Weights out of a map from full name to tensor. */
export class NamedWeights<T> implements Weights<T> {
  constructor(
    private readonly tensors: ReadonlyMap<string, T>,
    private readonly scope = '',
  ) {}

  in(scope: string): Weights<T> {
    return new NamedWeights(this.tensors, `${this.scope}${scope}.`);
  }

  get(name: string): T {
    const tensor = this.tensors.get(this.scope + name);
    if (tensor === undefined)
      throw new Error(`the network asks for ${this.scope}${name}, which its specs do not declare`);
    return tensor;
  }

  has(name: string): boolean {
    return this.tensors.has(this.scope + name);
  }
}
