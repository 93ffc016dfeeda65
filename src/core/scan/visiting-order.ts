/** In which order K directions visit the pixels of a map, and after how many steps their state starts afresh. */
export interface VisitingOrder {
  /** `[K,L]` row-major: `indices[k·L + t]` is the pixel that direction k visits at step t. */
  readonly indices: Int32Array;
  readonly directions: number;
  readonly length: number;
  /** Steps after which the state returns to zero; divides `length`. */
  readonly segment: number;
}
