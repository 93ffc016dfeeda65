import { isFitted } from '../models/family.js';
import { familyNamed } from '../models/registry.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { type EngineChoice, openEngine } from '../runtime/engine.js';
import type { ScoringSetup } from './crew.js';
import { Detector, type Scored } from './detector.js';

/** A detector of either kind. */
export interface OpenDetector {
  /** Images that are worth having under way. */
  readonly size: number;
  score(features: readonly Float32Array[]): Scored | Promise<Scored>;
  dispose(): void | Promise<void>;
}

/**
 * Opens a detector in this thread: its dense parts on onnxruntime and its scans on our kernel where `native` asks for
 * it and the family can be written down as a graph, else on the TensorFlow.js engine. The numbers are the same.
 */
export async function openDetector({
  engine,
  native,
  threads,
  description,
  values,
}: ScoringSetup): Promise<OpenDetector> {
  const family = familyNamed(description.family);
  const channels = description.features.map((shape) => shape[2]!);
  const block = new ParameterBlock(family.parameters(description.config, channels), values);
  if (native && !isFitted(family)) {
    const { NativeDetector } = await import('./native-detector.js');
    return NativeDetector.open(description, block, { threads });
  }
  await openEngine(engine as EngineChoice);
  return new Detector(description, block);
}
