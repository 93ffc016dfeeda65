import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { UnavailableError } from '../errors.js';
import { turnTelemetryOff } from './telemetry.js';

type Ort = typeof import('onnxruntime-node');

let attempt: { ort: Ort } | { reason: string } | undefined;

/** onnxruntime-node, or why this machine cannot use it. Never throws; the answer is found once. */
export function findOnnxRuntime(): { ort: Ort } | { reason: string } {
  if (attempt === undefined) {
    turnTelemetryOff();
    try {
      attempt = { ort: createRequire(import.meta.url)('onnxruntime-node') as Ort };
    } catch (error) {
      const [line] = String((error as Error).message).split('\n');
      attempt = { reason: `onnxruntime-node cannot be loaded: ${line}` };
    }
  }
  return attempt;
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
 * @throws UnavailableError when onnxruntime-node is absent.
 */
export async function openSession(
  model: Uint8Array,
  { threads, keepMemory = true }: SessionOptions = {},
): Promise<OnnxSession> {
  const found = findOnnxRuntime();
  if ('reason' in found) throw new UnavailableError(found.reason);
  const { ort } = found;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableCpuMemArena: keepMemory,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  });
  return new CpuSession(ort, session);
}

class CpuSession implements OnnxSession {
  constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
  ) {}

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.session.outputNames;
  }

  async run(
    inputs: Record<string, SessionTensor>,
    into: Record<string, SessionTensor> = {},
  ): Promise<Record<string, SessionTensor>> {
    const fetches = Object.fromEntries(this.outputNames.map((name) => [name, null]));
    const results = await this.session.run(this.tensors(inputs), { ...fetches, ...this.tensors(into) });
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [
        name,
        { shape: tensor.dims, data: (tensor as Tensor).data as Float32Array },
      ]),
    );
  }

  dispose(): Promise<void> {
    return this.session.release();
  }

  private tensors(values: Record<string, SessionTensor>): Record<string, Tensor> {
    return Object.fromEntries(
      Object.entries(values).map(([name, { shape, data }]) => [
        name,
        data instanceof Float32Array
          ? new this.ort.Tensor('float32', data, shape)
          : new this.ort.Tensor('uint8', data, shape),
      ]),
    );
  }
}
