import type { TensorInfo } from '@tensorflow/tfjs';

/** The parts of tfjs-backend-webgpu 4.22's backend that a kernel of several outputs needs; most are not declared. */
export interface GpuBackend {
  readonly device: GPUDevice;
  readonly tensorMap: { get(dataId: object): { resource?: GPUBuffer } };
  readonly commandQueueOwnedIds: WeakSet<object>;
  readonly pipelineCache: Record<string, GPUComputePipeline>;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  makeTensorInfo(shape: number[], dtype: 'float32'): TensorInfo;
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  disposeData(dataId: object): boolean;
}

/** One compute shader over device buffers of tensors. `@binding(i)` is the i-th of `buffers`. */
export interface Dispatch {
  readonly label: string;
  /** WGSL with an entry point `main`; also the key under which the pipeline is kept. */
  readonly code: string;
  readonly buffers: readonly TensorInfo[];
  readonly workgroups: readonly [number, number, number];
}

// The backend's own default of WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE: enough work to hide the submit, little to wait for.
const dispatchesPerSubmit = 15;

/** Records a dispatch among those of the backend, on the same queue and with the same buffer life times. */
export function dispatch(backend: GpuBackend, { label, code, buffers, workgroups }: Dispatch): void {
  const pipeline = pipelineFor(backend, label, code);
  for (const { dataId } of buffers) {
    backend.uploadToGPU(dataId); // may end the current pass to copy, so before our own begins
    backend.commandQueueOwnedIds.add(dataId);
  }
  const bindGroup = backend.device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map(({ dataId }, binding) => ({
      binding,
      resource: { buffer: backend.tensorMap.get(dataId).resource! },
    })),
  });
  backend.ensureCommandEncoderReady();
  backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
  const pass = backend.computePassEncoder;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...workgroups);
  backend.dispatchCountInPass++;
  if (backend.dispatchCountInPass >= dispatchesPerSubmit) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
}

/** Device memory for intermediate results, in floats; give it back with `backend.disposeData`. */
export function scratch(backend: GpuBackend, floats: number): TensorInfo {
  return backend.makeTensorInfo([floats], 'float32');
}

function pipelineFor(backend: GpuBackend, label: string, code: string): GPUComputePipeline {
  let pipeline = backend.pipelineCache[code];
  if (!pipeline) {
    pipeline = backend.device.createComputePipeline({
      label,
      layout: 'auto',
      compute: { module: backend.device.createShaderModule({ label, code }), entryPoint: 'main' },
    });
    backend.pipelineCache[code] = pipeline;
  }
  return pipeline;
}
