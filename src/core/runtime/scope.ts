import { tf } from './tf.js';

/** Runs `body` and frees every tensor it made; unlike `tf.tidy` it may return anything that is no tensor. */
export function inScope<R>(body: () => R): R {
  tf.engine().startScope();
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}
