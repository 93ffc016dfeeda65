import { createRequire } from 'node:module';

/**
 * The one place that loads TensorFlow.js. The union package registers kernels and gradients; its CommonJS build
 * re-exports names dynamically, which Node's ESM loader cannot see, hence `require`. The build puts the parts that are
 * used in its place (scripts/bundle-packages.mjs).
 */
const require = createRequire(import.meta.url);
export const tf = require('@tensorflow/tfjs') as typeof import('@tensorflow/tfjs');

/** The file it was loaded from. */
export const tfFile = require.resolve('@tensorflow/tfjs');
