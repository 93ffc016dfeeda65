import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { classesNotIn } from '../anomaly/merge-calibration.js';
import { DataError } from '../errors.js';
import { publishDirectory } from '../files/publish-directory.js';
import { compareWithBaseline } from '../metrics/baseline.js';
import type { Evaluation } from '../metrics/evaluate.js';
import { checkGates, type Gate, type GateResult } from '../metrics/gates.js';
import type { Protocol } from '../metrics/pixel-metrics.js';
import { featureMismatch } from '../models/feature-mismatch.js';
import { type LoadedModel, type ModelManifest, openModel } from '../models/model-folder.js';
import { currentModel, publishToStore } from '../models/model-store.js';
import type { MetricRecord, ScoreRecord } from '../records/schemas.js';
import { checkWindow } from '../scoring/window-check.js';
import type { FeatureCollection } from './feature-collection.js';
import { evaluateModel } from './retrain-evaluate.js';
import { inspectTestSet, readTestSet, type TestSetFacts } from './retrain-test-set.js';
import { type TrainDetectorOptions, type TrainingEvent, trainDetector } from './train-detector.js';

export interface RetrainOptions {
  /** Folder of models with its pointer; the caller holds its lock. */
  store: string;
  /** NDJSON file of labelled feature records. */
  test: string;
  gates: readonly Gate[];
  /** How far a metric of the candidate may lie below the current model's. */
  maxDrop: number;
  protocol: Protocol;
  /** Models that stay in the store. */
  keep: number;
  curvePoints?: number | undefined;
  /** Called with every score record of the test set. */
  onScore?: ((role: Role, record: ScoreRecord) => void) | undefined;
  training: Omit<TrainDetectorOptions, 'out' | 'resume'>;
}

export type Role = 'current' | 'candidate';

/** A model and how it did on the test set. */
export interface Judged {
  role: Role;
  manifest: ModelManifest;
  evaluation: Evaluation;
}

export type RetrainEvent =
  | Exclude<TrainingEvent, { kind: 'published' }>
  | { kind: 'trained'; training: Extract<TrainingEvent, { kind: 'published' }> }
  | { kind: 'judging'; role: Role; images: number }
  | { kind: 'judged'; judged: Judged }
  | { kind: 'decided'; results: GateResult[]; published: boolean; path: string };

/** Where a candidate that was refused can be looked at, until the next one is. */
export const refusedFolder = (store: string) => join(store, '.refused');
const candidateFolder = (store: string) => join(store, '.candidate');

/** What a retraining starts from. */
export interface Prepared {
  facts: TestSetFacts;
  /** The model in use; undefined in a new store. */
  current: LoadedModel | undefined;
}

/**
 * What must hold before a training run is worth its time: the test set can judge, and the current model can be opened
 * and takes the test set's features.
 *
 * @throws DataError, InputMissingError
 */
export async function prepareRetraining(
  store: string,
  test: string,
  signal?: AbortSignal,
): Promise<Prepared> {
  const facts = await inspectTestSet(test, signal);
  const current = (await currentModel(store)) === undefined ? undefined : await openModel(store);
  const mismatch = current && featureMismatch(facts.kind, current.manifest);
  if (mismatch) {
    throw new DataError(
      `${test}: features of ${mismatch.got}, the current model ${current.manifest.model} takes those of ${mismatch.wanted}; ${mismatch.advice}, or begin another store`,
    );
  }
  if (current) checkWindow({ path: test, window: facts.window }, current.manifest.window);
  return { facts, current };
}

/**
 * Trains a candidate, measures it and the current model on the same images, and publishes it when it holds every gate
 * and falls behind the current model in no metric by more than `maxDrop`. Otherwise the store's pointer stays.
 *
 * @throws what training, scoring and publishing throw; the current model is then as it was
 */
export async function* retrain(
  collection: FeatureCollection,
  { facts, current }: Prepared,
  options: RetrainOptions,
): AsyncGenerator<RetrainEvent> {
  const { store, keep, test } = options;
  const mismatch = featureMismatch(collection.kind, facts.kind);
  if (mismatch) {
    throw new DataError(
      `the training images have features of ${mismatch.got}, those of ${test} are of ${mismatch.wanted}; ${mismatch.advice}`,
    );
  }
  checkWindow({ path: test, window: facts.window }, collection.window);
  const out = candidateFolder(store);
  await rm(out, { recursive: true, force: true });
  for await (const event of trainDetector(collection, { ...options.training, out, resume: false })) {
    yield event.kind === 'published' ? { kind: 'trained', training: event } : event;
  }
  const candidate = await openModel(out);
  const before = current && (yield* judge('current', current, facts, options));
  const now = yield* judge('candidate', candidate, facts, options);
  const results = checkGates(options.gates, now);
  if (before) results.push(...compareWithBaseline(now, before, options.maxDrop));
  if (current) results.push(...lostLimits(current.manifest, candidate.manifest));
  const published = results.every(({ passed }) => passed);
  const refused = refusedFolder(store);
  if (!published) await publishDirectory(out, refused);
  const path = published ? await publishToStore(out, store, candidate.manifest.model, keep) : refused;
  yield { kind: 'decided', results, published, path };
}

/** A candidate that has no limits where the current model has some could call no part good any more. */
function lostLimits(current: ModelManifest, candidate: ModelManifest): GateResult[] {
  const trained = new Set(candidate.classes);
  const lost = classesNotIn(current.calibration, candidate.calibration).filter((name) => trained.has(name));
  return lost.map((name) => ({
    passed: false,
    gate: `${name} keeps its limits`,
    class: name,
    metric: 'limits',
    value: null,
    message: `no image of class "${name}" was held out, so the candidate has no limits for it, which the current model has`,
  }));
}

async function* judge(
  role: Role,
  model: LoadedModel,
  { images }: TestSetFacts,
  { test, training, protocol, curvePoints, onScore }: RetrainOptions,
): AsyncGenerator<RetrainEvent, MetricRecord[]> {
  yield { kind: 'judging', role, images };
  const { engine, threads, signal } = training;
  const evaluation = await evaluateModel(model, readTestSet(test, signal), {
    engine,
    threads,
    protocol,
    curvePoints,
    signal,
    onScore: (record) => onScore?.(role, record),
  });
  yield { kind: 'judged', judged: { role, manifest: model.manifest, evaluation } };
  return [...evaluation.classes.map(({ record }) => record), evaluation.mean];
}
