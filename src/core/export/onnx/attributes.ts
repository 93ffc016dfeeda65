import type { AttributeProto, GraphProto } from './messages.js';

/** Attribute values as a caller writes them; `float()` marks a number that ONNX wants as a float. */
export type AttributeValue = number | readonly number[] | string | Float | GraphProto;

class Float {
  constructor(readonly value: number) {}
}

/** A float attribute; a bare number is an integer one. */
export function float(value: number): Float {
  return new Float(value);
}

/** Attributes of a node, from `{ name: value }`. */
export function attributes(values: Record<string, AttributeValue>): AttributeProto[] {
  return Object.entries(values).map(([name, value]) => attribute(name, value));
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  if (value instanceof Float) return { name, type: 1, f: value.value };
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if ('node' in value) return { name, type: 5, g: value };
  return { name, type: 7, ints: [...value] };
}
