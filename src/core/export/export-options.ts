import type { FrozenEncoder } from '../models/encoders/frozen-encoder.js';

/** What goes into an exported graph. */
export interface GraphExportOptions {
  /** Puts encoder and preprocessing inside: RGB bytes go in. Without it the encoder's maps do. */
  encoder?: FrozenEncoder | undefined;
  /** Stores large weights as float16: half the file, the arithmetic stays float32. */
  half?: boolean | undefined;
}
