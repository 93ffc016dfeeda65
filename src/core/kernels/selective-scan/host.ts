import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo, TypedArray } from '@tensorflow/tfjs';
import { input, replaceKernel } from '../register.js';
import { type ScanArrays, type ScanSizes, scanBackward, scanForward } from './reference.js';

/** What every synchronous backend can do. */
interface HostBackend {
  readSync(dataId: object): TypedArray;
  write(values: TypedArray, shape: number[], dtype: string): object;
}

/** Registers the plain TypeScript scan for a backend whose tensors can be read at once. */
export function registerReferenceScan(backendName: string): void {
  replaceKernel({
    kernelName: 'SelectiveScan',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const host = backend as HostBackend;
      const { sizes, arrays } = hostScan(host, inputs, attrs);
      return output(host, input(inputs, 'u').shape, scanForward(sizes, arrays));
    },
  });
  replaceKernel({
    kernelName: 'SelectiveScanGrad',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const host = backend as HostBackend;
      const { sizes, arrays } = hostScan(host, inputs, attrs);
      const dy = host.readSync(input(inputs, 'dy').dataId) as Float32Array;
      const grad = scanBackward(sizes, arrays, dy);
      const names = ['u', 'delta', 'b', 'c', 'a', 'd', 'deltaBias'] as const;
      return names.map((name) => output(host, input(inputs, name).shape, grad[name]));
    },
  });
}

/** Sizes of a scan from the shapes of a kernel's inputs. */
export function scanSizes(inputs: NamedTensorInfoMap, attrs?: NamedAttrMap): ScanSizes {
  const [batch, length, channels] = input(inputs, 'u').shape as [number, number, number];
  const [directions, , states] = input(inputs, 'a').shape as [number, number, number];
  return { batch, length, channels, states, directions, segment: attrs?.segment as number };
}

function hostScan(host: HostBackend, inputs: NamedTensorInfoMap, attrs: NamedAttrMap | undefined) {
  const read = (name: string) => host.readSync(input(inputs, name).dataId) as Float32Array;
  const arrays: ScanArrays<Float32Array> = {
    u: read('u'),
    delta: read('delta'),
    b: read('b'),
    c: read('c'),
    a: read('a'),
    d: read('d'),
    deltaBias: read('deltaBias'),
    order: host.readSync(input(inputs, 'order').dataId) as Int32Array,
  };
  return { sizes: scanSizes(inputs, attrs), arrays };
}

function output(host: HostBackend, shape: number[], values: Float32Array): TensorInfo {
  return { dataId: host.write(values, shape, 'float32'), shape, dtype: 'float32' };
}
