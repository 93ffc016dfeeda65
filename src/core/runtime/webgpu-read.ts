import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { MambaadError } from '../errors.js';
import { waitForDawn } from './dawn-ticks.js';

/** A device that has not answered for this long is taken for lost. */
const patienceMs = 600_000;

type Values = ReturnType<WebGPUBackend['readSync']>;

/** What a synchronous read touches inside tfjs-backend-webgpu 4.22. */
interface Internals {
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number): GPUBuffer;
    releaseBuffer(buffer: GPUBuffer): void;
  };
  commandEncoder: GPUCommandEncoder;
}

/**
 * Lets `dataSync` work on the WebGPU backend under Node. The backend's own way draws on a canvas, which only browsers
 * have; ours waits for the mapping of a staging buffer while it gives Dawn its turns.
 */
export function allowSynchronousReads(backend: WebGPUBackend): void {
  const onHost = backend.readSync.bind(backend);
  backend.readSync = (dataId: object): Values => {
    const { values, resource, dtype } = backend.tensorMap.get(dataId);
    const onDevice = values == null && resource instanceof GPUBuffer && dtype !== 'complex64';
    if (!onDevice) return onHost(dataId);
    const bytes = copyToHost(backend, resource);
    const read = dtype === 'float32' ? new Float32Array(bytes) : new Int32Array(bytes);
    return dtype === 'bool' ? Uint8Array.from(read) : read;
  };
}

function copyToHost(backend: WebGPUBackend, source: GPUBuffer): ArrayBuffer {
  const { bufferManager } = backend as unknown as Internals;
  const staging = bufferManager.acquireBuffer(source.size, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  const encoder = (backend as unknown as Internals).commandEncoder;
  encoder.copyBufferToBuffer(source, 0, staging, 0, source.size);
  backend.submitQueue();
  waitForMapping(staging);
  const bytes = staging.getMappedRange().slice(0);
  staging.unmap();
  bufferManager.releaseBuffer(staging);
  return bytes;
}

function waitForMapping(buffer: GPUBuffer): void {
  // A failure shows in mapState; the promise only settles once JavaScript is done here.
  buffer.mapAsync(GPUMapMode.READ).catch(() => {});
  if (!waitForDawn(() => buffer.mapState !== 'pending', patienceMs)) {
    throw new MambaadError('webgpu: the device has not answered for ten minutes.');
  }
  if (buffer.mapState !== 'mapped')
    throw new MambaadError('webgpu: the device was lost while results were read.');
}
