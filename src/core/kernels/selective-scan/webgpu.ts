import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { input, replaceKernel } from '../register.js';
import { dispatch, type GpuBackend, scratch } from '../webgpu-dispatch.js';
import { flatGroups } from '../webgpu-shader.js';
import { scanSizes } from './host.js';
import { carryFloats, pathGroups } from './webgpu-common.js';
import { applyScan, combineChunks, localStates, packParams } from './webgpu-forward.js';
import { localAdjoints, scanGradient, scratchLayout } from './webgpu-gradient.js';
import { type GpuLimits, planForward, planGradient, type ScanPlan } from './webgpu-plan.js';
import { sumChunks, sumDirections, summedElements, sumTiles } from './webgpu-reduce.js';

// WebGPU does not tell; enough for the largest (an H100 holds 270,000) without cutting small maps to shreds.
const busyThreads = 1 << 17;

/**
 * Registers the scan and its gradient as shaders over the backend's own buffers; nothing is read back.
 *
 * @param limitsOf what the device can do; tests pretend to have others
 */
export function registerWebgpuScan(limitsOf: (backend: GpuBackend) => GpuLimits = deviceLimits): void {
  replaceKernel({
    kernelName: 'SelectiveScan',
    backendName: 'webgpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const gpu = backend as unknown as GpuBackend;
      return forward(gpu, planForward(scanSizes(inputs, attrs), limitsOf(gpu)), inputs);
    },
  });
  replaceKernel({
    kernelName: 'SelectiveScanGrad',
    backendName: 'webgpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const gpu = backend as unknown as GpuBackend;
      return gradient(gpu, planGradient(scanSizes(inputs, attrs), limitsOf(gpu)), inputs);
    },
  });
}

function forward(backend: GpuBackend, plan: ScanPlan, inputs: NamedTensorInfoMap): TensorInfo {
  const run = runner(backend, 'SelectiveScan');
  const [u, delta, b, c, order] = take(inputs, 'u', 'delta', 'b', 'c', 'order');
  const temporary: TensorInfo[] = [];
  const params = packed(backend, plan, inputs);
  temporary.push(params);
  const carries: TensorInfo[] = [];
  if (plan.carried) {
    carries.push(scratch(backend, carryFloats(plan)));
    run(localStates(plan), [params, order, delta, u, b, ...carries], pathGroups(plan, plan.chunks - 1));
    run(combineChunks(plan, false), [params, ...carries], combineGroups(plan));
  }
  const partial = scratch(backend, plan.batch * plan.length * plan.directions * plan.channels);
  temporary.push(partial, ...carries);
  run(applyScan(plan), [params, order, delta, u, b, c, partial, ...carries], pathGroups(plan, plan.chunks));
  const y = backend.makeTensorInfo(u.shape, 'float32');
  run(sumDirections(plan), [partial, y], flatGroups(summedElements(plan)));
  for (const { dataId } of temporary) backend.disposeData(dataId);
  return y;
}

function gradient(backend: GpuBackend, plan: ScanPlan, inputs: NamedTensorInfoMap): TensorInfo[] {
  const run = runner(backend, 'SelectiveScanGrad');
  const [u, delta, b, c, order, dy] = take(inputs, 'u', 'delta', 'b', 'c', 'order', 'dy');
  const params = packed(backend, plan, inputs);
  const carries: TensorInfo[] = [];
  if (plan.carried) {
    const between = pathGroups(plan, plan.chunks - 1);
    carries.push(scratch(backend, 2 * carryFloats(plan))); // states, then adjoints
    run(localStates(plan), [params, order, delta, u, b, ...carries], between);
    run(localAdjoints(plan), [params, order, delta, dy, c, ...carries], between);
    run(combineChunks(plan, false), [params, ...carries], combineGroups(plan));
    run(combineChunks(plan, true, carryFloats(plan)), [params, ...carries], combineGroups(plan));
  }
  const parts = scratch(backend, scratchLayout(plan).floats);
  const like = (name: string) => backend.makeTensorInfo(input(inputs, name).shape, 'float32');
  const [du, ddelta, db, dc] = [like('u'), like('delta'), like('b'), like('c')];
  const [da, dskip, dbias] = [like('a'), like('d'), like('deltaBias')];
  const buffers = [params, order, delta, u, dy, b, c, ddelta, parts, ...carries];
  run(scanGradient(plan), buffers, pathGroups(plan, plan.chunks));
  const { batch, length, directions: K, channels: D, states: N } = plan;
  run(sumDirections(plan), [parts, du], flatGroups(summedElements(plan)));
  run(sumTiles(plan), [parts, db, dc], flatGroups(batch * length * K * 2 * N));
  run(sumChunks(plan), [parts, da, dskip, dbias], flatGroups(K * (N + 2) * D));
  for (const { dataId } of [params, parts, ...carries]) backend.disposeData(dataId);
  return [du, ddelta, db, dc, da, dskip, dbias];
}

function runner(backend: GpuBackend, label: string) {
  return (code: string, buffers: TensorInfo[], workgroups: [number, number, number]) =>
    dispatch(backend, { label, code, buffers, workgroups });
}

function packed(backend: GpuBackend, plan: ScanPlan, inputs: NamedTensorInfoMap): TensorInfo {
  const { directions: K, channels: D, states: N } = plan;
  const params = scratch(backend, K * (N + 2) * D);
  const [a, d, deltaBias] = take(inputs, 'a', 'd', 'deltaBias');
  const workgroups: [number, number, number] = [Math.ceil((K * D) / 64), 1, 1];
  dispatch(backend, {
    label: 'SelectiveScan',
    code: packParams(plan),
    buffers: [a, d, deltaBias, params],
    workgroups,
  });
  return params;
}

function combineGroups({ channels, states, batch, directions }: ScanPlan): [number, number, number] {
  return [Math.ceil(channels / 64), states, batch * directions];
}

function take<const Names extends string[]>(inputs: NamedTensorInfoMap, ...names: Names) {
  return names.map((name) => input(inputs, name)) as { [I in keyof Names]: TensorInfo };
}

export function deviceLimits({ device }: GpuBackend): GpuLimits {
  const info = device.adapterInfo;
  const fixed = device.features.has('subgroups') && info.subgroupMinSize === info.subgroupMaxSize;
  return {
    subgroupSize: fixed ? info.subgroupMinSize : 1,
    workgroupThreads: device.limits.maxComputeInvocationsPerWorkgroup,
    workgroupBytes: device.limits.maxComputeWorkgroupStorageSize,
    busyThreads,
  };
}
