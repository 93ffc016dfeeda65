import { existsSync, readdirSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { UnavailableError } from '../errors.js';
import { type CpuFeatures, cpuFeatures } from './cpu-features.js';
import { drivers, type Engine, type EngineOptions, openEngine } from './engine.js';
import { type DeviceKind, type EngineName, engineNames, type Facts } from './engine-driver.js';
import { findOnnxRuntime } from './onnxruntime.js';
import { nativeParts, type PartName, partNames } from './parts/catalogue.js';
import { findPart } from './parts/find.js';
import { noGpuBecause } from './webgpu.js';

/** One engine as this machine has it. */
export interface EngineReport {
  readonly engine: EngineName;
  readonly found: boolean;
  /** Whether `--engine auto` takes it. */
  readonly chosen: boolean;
  readonly kind?: DeviceKind;
  readonly device?: string;
  readonly facts: Facts;
  /** Why it is absent, or why it was passed over though present. */
  readonly whyNot?: string;
}

/** What else decides how fast this machine is. */
export interface MachineReport {
  readonly node: string;
  readonly platform: string;
  readonly cpu: CpuFeatures;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** What runs frozen graphs and the file it is loaded from, or why they run without it. */
  readonly onnxruntime: { readonly version: string; readonly path: string } | { readonly whyNot: string };
  readonly weights?: { readonly folder: string; readonly files: readonly string[] };
}

/** Looks for every engine, opens the one that `auto` takes, and says why not the others. Leaves that engine current. */
export async function examine(options: EngineOptions = {}): Promise<EngineReport[]> {
  const chosen = await openEngine('auto', options).catch((error: unknown) => {
    if (error instanceof UnavailableError) return undefined;
    throw error;
  });
  return Promise.all(engineNames.map((name) => reportOn(name, chosen)));
}

async function reportOn(engine: EngineName, chosen: Engine | undefined): Promise<EngineReport> {
  if (chosen?.name === engine) {
    return {
      engine,
      found: true,
      chosen: true,
      kind: chosen.kind,
      device: chosen.device,
      facts: chosen.facts,
    };
  }
  const finding = await drivers[engine].examine();
  if (!finding.found) return { engine, found: false, chosen: false, facts: {}, whyNot: finding.reason };
  const { kind, device, facts } = finding;
  const reason = chosen?.passedOver.find((passed) => passed.engine === engine)?.reason;
  const whyNot = reason ?? (chosen ? `${chosen.name} is preferred` : 'it failed its self-test');
  return { engine, found: true, chosen: false, kind, device, facts, whyNot };
}

/**
 * @param weightsFolder where encoder weights are kept; listed when it is there
 */
export function examineMachine(weightsFolder?: string): MachineReport {
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpuFeatures(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    onnxruntime: onnxruntime(),
    ...(weightsFolder !== undefined && {
      weights: {
        folder: weightsFolder,
        files: existsSync(weightsFolder) ? readdirSync(weightsFolder).sort() : [],
      },
    }),
  };
}

function onnxruntime(): MachineReport['onnxruntime'] {
  const found = findOnnxRuntime();
  if ('reason' in found) return { whyNot: found.reason };
  return { version: found.ort.version, path: found.ort.entry };
}

/** The parts that this machine could use and does not have: onnxruntime, and Dawn where there may be a GPU. */
export function missingParts(): PartName[] {
  const useful = partNames.filter((name) => name !== 'webgpu' || noGpuBecause() === undefined);
  return useful.filter((name) => 'reason' in findPart(nativeParts[name]));
}
