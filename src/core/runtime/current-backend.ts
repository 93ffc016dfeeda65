import { UnavailableError } from '../errors.js';
import { tf } from './tf.js';

/** Makes a registered TensorFlow.js backend the current one. Throws `UnavailableError` when it does not start. */
export async function makeCurrent(backend: string): Promise<void> {
  const started = await tf.setBackend(backend);
  if (!started) throw new UnavailableError(`the TensorFlow.js backend "${backend}" did not start`);
}
