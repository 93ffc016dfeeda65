import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { UnavailableError } from '../errors.js';
import { makeCurrent } from './current-backend.js';
import { trackDawnTicks } from './dawn-ticks.js';
import type { EngineDriver, Finding } from './engine-driver.js';
import { nativeParts } from './parts/catalogue.js';
import { findPart } from './parts/find.js';
import { tf } from './tf.js';
import { allowSynchronousReads } from './webgpu-read.js';

const require = createRequire(import.meta.url);

/** Limits that the backend or our kernels use beyond the defaults of the standard. */
const wantedLimits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
  'maxStorageBuffersPerShaderStage',
] as const;

/** Storage buffers that the gradient of the selective scan binds at once. */
const scanBuffers = 10;

const wantedFeatures: readonly GPUFeatureName[] = ['timestamp-query', 'subgroups'];

interface DawnPackage {
  create(flags: string[]): GPU;
  readonly globals: Record<string, unknown>;
}

let gpu: GPU | undefined;
let adapter: GPUAdapter | null | undefined;

/** WebGPU through Dawn (of the npm package `webgpu`): Vulkan, Metal or Direct3D 12, no CUDA toolkit needed. */
export const webgpuDriver: EngineDriver = {
  name: 'webgpu',

  async examine(): Promise<Finding> {
    const hopeless = noGpuBecause();
    if (hopeless) return { found: false, reason: hopeless };
    const part = findPart(nativeParts.webgpu);
    if ('reason' in part) return { found: false, reason: `Dawn is not here: ${part.reason}` };
    try {
      const found = await findAdapter();
      return found
        ? describe(found)
        : { found: false, reason: 'Dawn found no Vulkan, Metal or Direct3D 12 device' };
    } catch (error) {
      return { found: false, reason: `${part.entry} does not load: ${firstLine(error)}` };
    }
  },

  async activate() {
    const found = await findAdapter();
    if (!found) throw new UnavailableError('webgpu: no adapter on this machine.');
    const buffers = found.limits.maxStorageBuffersPerShaderStage;
    if (buffers < scanBuffers) {
      throw new UnavailableError(
        `webgpu: ${found.info.device} binds ${buffers} buffers, the scan needs ${scanBuffers}.`,
      );
    }
    if (!tf.findBackendFactory('webgpu')) {
      // Loaded while navigator.gpu is not there yet: otherwise it registers a backend with too low limits.
      const { WebGPUBackend: Backend } =
        require('@tensorflow/tfjs-backend-webgpu') as typeof import('@tensorflow/tfjs-backend-webgpu');
      exposeGpu(gpu!);
      const device = await openDevice(found);
      tf.registerBackend('webgpu', () => withSynchronousReads(new Backend(device, found.info)), 3);
    }
    await makeCurrent('webgpu');
  },

  close() {
    if (tf.findBackendFactory('webgpu')) {
      const backend = tf.engine().registry.webgpu as WebGPUBackend | undefined;
      tf.removeBackend('webgpu');
      backend?.device.destroy();
    }
    adapter = undefined;
    gpu = undefined;
    // Dawn keeps the process alive for as long as anything holds the GPU object.
    if (globalThis.navigator) Reflect.deleteProperty(globalThis.navigator, 'gpu');
  },
};

/** Loading Dawn and asking the drivers costs time, so a machine that plainly has no GPU is not asked. */
export function noGpuBecause(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return undefined;
  const dri = existsSync('/dev/dri') ? readdirSync('/dev/dri') : [];
  const devices = [
    dri.some((node) => node.startsWith('renderD')),
    existsSync('/dev/nvidiactl'),
    existsSync('/dev/dxg'),
  ];
  if (devices.some(Boolean)) return undefined;
  return 'no GPU device node (/dev/dri/renderD*, /dev/nvidiactl, /dev/dxg) and no VK_DRIVER_FILES';
}

async function findAdapter(): Promise<GPUAdapter | null> {
  if (adapter !== undefined) return adapter;
  const part = findPart(nativeParts.webgpu);
  if ('reason' in part) throw new UnavailableError(`webgpu: ${part.reason}`);
  const dawn = require(part.entry) as DawnPackage;
  const { navigator: own, ...globals } = dawn.globals;
  Object.assign(globalThis, globals);
  trackDawnTicks();
  gpu = dawn.create([]);
  adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  return adapter;
}

function withSynchronousReads(backend: WebGPUBackend): WebGPUBackend {
  allowSynchronousReads(backend);
  return backend;
}

/** The TensorFlow.js backend refuses to start unless `navigator.gpu` is there; Node before 21 has no navigator. */
function exposeGpu(value: GPU): void {
  if (!globalThis.navigator) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value, configurable: true });
}

async function openDevice(from: GPUAdapter): Promise<GPUDevice> {
  const limits = from.limits;
  return from.requestDevice({
    requiredFeatures: wantedFeatures.filter((feature) => from.features.has(feature)),
    requiredLimits: Object.fromEntries(wantedLimits.map((name) => [name, limits[name]])),
  });
}

function describe({ info, features, limits }: GPUAdapter): Finding {
  const words = [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(' ');
  const software = info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render|warp/i.test(words);
  return {
    found: true,
    kind: software ? 'software' : 'gpu',
    device: info.description || info.device || words,
    facts: {
      vendor: info.vendor,
      architecture: info.architecture,
      subgroups: features.has('subgroups'),
      subgroupSize: info.subgroupMinSize ?? 0,
      maxBufferBytes: limits.maxBufferSize,
      workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    },
  };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}
