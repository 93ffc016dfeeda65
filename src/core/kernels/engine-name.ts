/** The backends of TensorFlow.js that this package has kernels for. */
export type EngineName = 'cpu' | 'wasm' | 'webgpu' | 'tensorflow';
