import { MambaadError, UnavailableError } from '../errors.js';
import { registerKernels } from '../kernels/index.js';
import type { DeviceKind, EngineDriver, EngineName, Facts, Finding } from './engine-driver.js';
import { cpuDriver, wasmDriver } from './processor-drivers.js';
import { selfTest, type Tamper } from './self-test.js';
import { tensorflowDriver } from './tensorflow.js';
import { tf } from './tf.js';
import { webgpuDriver } from './webgpu.js';

export type { EngineName } from './engine-driver.js';
export type EngineChoice = 'auto' | EngineName;

export const engineChoices = [
  'auto',
  'tensorflow',
  'webgpu',
  'wasm',
  'cpu',
] as const satisfies EngineChoice[];

export const drivers: Readonly<Record<EngineName, EngineDriver>> = {
  tensorflow: tensorflowDriver,
  webgpu: webgpuDriver,
  wasm: wasmDriver,
  cpu: cpuDriver,
};

/** What `auto` tries, best first (docs/engines.md). A software adapter is not on the list. */
export const preference: readonly (readonly [EngineName, DeviceKind])[] = [
  ['tensorflow', 'gpu'],
  ['webgpu', 'gpu'],
  ['tensorflow', 'cpu'],
  ['wasm', 'cpu'],
  ['cpu', 'cpu'],
];

export interface PassedOver {
  readonly engine: EngineName;
  readonly reason: string;
}

/** The engine that runs networks from now on. */
export interface Engine {
  readonly name: EngineName;
  /** Name of the TensorFlow.js backend. */
  readonly backend: string;
  readonly kind: DeviceKind;
  readonly device: string;
  readonly facts: Facts;
  /** Under `auto`: what was preferred to this engine, and why it was not taken. */
  readonly passedOver: readonly PassedOver[];
  /** Gives a GPU back; without it a process that used one may not end by itself. */
  close(): void;
}

export interface EngineOptions {
  /** For tests: falsifies the self-test's results of an engine. */
  readonly tamper?: (engine: EngineName) => Tamper | undefined;
}

/**
 * Chooses an engine, makes it current, registers this package's kernels for it and lets it prove itself on a small
 * scan. Calling again changes the engine.
 *
 * @throws UnavailableError when the engine asked for by name is absent or fails its self-test
 */
export async function openEngine(
  choice: EngineChoice = 'auto',
  options: EngineOptions = {},
): Promise<Engine> {
  tf.enableProdMode();
  if (choice !== 'auto') return openNamed(choice, options);
  const passedOver: PassedOver[] = [];
  const pass = (engine: EngineName, reason: string) => {
    if (!passedOver.some((earlier) => earlier.engine === engine && earlier.reason === reason)) {
      passedOver.push({ engine, reason });
    }
  };
  for (const [name, kind] of preference) {
    const finding = await drivers[name].examine();
    if (!finding.found) pass(name, finding.reason);
    else if (finding.kind === 'software') pass(name, `${finding.device} is a software adapter`);
    else if (finding.kind === kind) {
      try {
        return await open(name, finding, options, passedOver);
      } catch (error) {
        pass(name, reasonOf(error));
      }
    }
  }
  throw new UnavailableError(
    `no engine works on this machine: ${passedOver.map((p) => `${p.engine}: ${p.reason}`).join('; ')}.`,
  );
}

async function openNamed(name: EngineName, options: EngineOptions): Promise<Engine> {
  const finding = await drivers[name].examine();
  if (!finding.found) {
    throw new UnavailableError(
      `engine ${name}: ${finding.reason}. "mambaad doctor" lists what this machine can use.`,
    );
  }
  try {
    return await open(name, finding, options, []);
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    throw new UnavailableError(`engine ${name}: ${reasonOf(error)}. Use another --engine.`);
  }
}

async function open(
  name: EngineName,
  finding: Finding & { found: true },
  options: EngineOptions,
  passedOver: readonly PassedOver[],
): Promise<Engine> {
  const driver = drivers[name];
  await driver.activate();
  registerKernels(name);
  const test = await selfTest(options.tamper?.(name));
  if (!test.passed) {
    throw new UnavailableError(
      `engine ${name} failed its self-test: the scan's error is ${test.error.toExponential(1)}. Use another --engine.`,
    );
  }
  return {
    name,
    backend: tf.getBackend(),
    kind: finding.kind,
    device: finding.device,
    facts: { ...finding.facts, selfTestMs: Math.round(test.milliseconds), selfTestError: test.error },
    passedOver,
    close: () => driver.close(),
  };
}

function reasonOf(error: unknown): string {
  const message = error instanceof MambaadError || error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]!;
}
