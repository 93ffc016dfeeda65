import { createRequire } from 'node:module';

/**
 * The one place that loads TensorFlow.js. The union package registers kernels and gradients; its CommonJS build
 * re-exports names dynamically, which Node's ESM loader cannot see, hence `require`.
 */
const require = createRequire(import.meta.url);
export const tf = require('@tensorflow/tfjs') as typeof import('@tensorflow/tfjs');
