import { setImmediate } from 'node:timers/promises';
import { Tensor } from 'onnxruntime-common';
import { UnavailableError } from '../errors.js';
import { loadBinding, type NativeRuntime, type NativeSession } from './onnxruntime-binding.js';
import { nativeParts } from './parts/catalogue.js';
import { type FoundPart, findPart } from './parts/find.js';
import { turnTelemetryOff } from './telemetry.js';

/** onnxruntime in this process, with the file it was loaded from. */
export interface OnnxRuntime extends FoundPart {
  readonly runtime: NativeRuntime;
}

let attempt: { ort: OnnxRuntime } | { reason: string } | undefined;

/** onnxruntime, or why this machine cannot use it. Never throws; the answer is found once. */
export function findOnnxRuntime(): { ort: OnnxRuntime } | { reason: string } {
  attempt ??= load();
  return attempt;
}

function load(): { ort: OnnxRuntime } | { reason: string } {
  const part = findPart(nativeParts.onnxruntime);
  if ('reason' in part) return { reason: `onnxruntime: ${part.reason}` };
  turnTelemetryOff();
  try {
    return { ort: { ...part, runtime: loadBinding(part.entry) } };
  } catch (error) {
    const [line] = String((error as Error).message).split('\n');
    return { reason: `onnxruntime cannot be loaded: ${line}` };
  }
}

export interface SessionOptions {
  /** Threads inside one operator; all cores by default. */
  threads?: number | undefined;
  /** Whether memory is kept from run to run. Default true; many small sessions need less memory without. */
  keepMemory?: boolean | undefined;
}

/** A tensor that goes in or comes out. */
export interface SessionTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

/** A loaded ONNX model. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** @param into memory that takes outputs, by name, instead of fresh memory */
  run(
    inputs: Record<string, SessionTensor>,
    into?: Record<string, SessionTensor>,
  ): Promise<Record<string, SessionTensor>>;
  dispose(): Promise<void>;
}

/**
 * Loads a model into onnxruntime on the CPU.
 *
 * @throws UnavailableError when onnxruntime is absent; onnxruntime's own error on a model that it cannot load
 */
export async function openSession(
  model: Uint8Array,
  { threads, keepMemory = true }: SessionOptions = {},
): Promise<OnnxSession> {
  const found = findOnnxRuntime();
  if ('reason' in found) throw new UnavailableError(found.reason);
  await setImmediate(); // lets what waits have its turn: loading takes a while
  const session = new found.ort.runtime.InferenceSession();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableCpuMemArena: keepMemory,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  });
  return new CpuSession(session);
}

class CpuSession implements OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];

  constructor(private readonly session: NativeSession) {
    this.inputNames = session.inputMetadata.map(({ name }) => name);
    this.outputNames = session.outputMetadata.map(({ name }) => name);
  }

  async run(
    inputs: Record<string, SessionTensor>,
    into: Record<string, SessionTensor> = {},
  ): Promise<Record<string, SessionTensor>> {
    const fresh = Object.fromEntries(this.outputNames.map((name) => [name, null]));
    await setImmediate(); // other images have their turn between two runs, which block this thread
    const results = this.session.run(tensors(inputs), { ...fresh, ...tensors(into) }, {});
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { shape: dims, data: data as Float32Array },
      ]),
    );
  }

  async dispose(): Promise<void> {
    this.session.dispose();
  }
}

function tensors(values: Record<string, SessionTensor>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => [
      name,
      data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('uint8', data, shape),
    ]),
  );
}
