import { detectorNames, featureInputs, writeDetector } from '../export/onnx/detector-graph.js';
import { splitGraph } from '../export/onnx/split-graph.js';
import type { DetectorDescription } from '../models/model-folder.js';
import type { ParameterBlock } from '../nn/parameter-block.js';
import { OnnxOpsWithCuts } from '../ops/onnx/scan-cuts.js';
import { openSplitSession, type SplitOptions, type SplitSession } from '../runtime/split-session.js';
import type { Scored } from './detector.js';

/** A trained detector whose dense parts run in onnxruntime and whose scans run in WebAssembly. */
export class NativeDetector {
  private constructor(
    private readonly session: SplitSession,
    private readonly shapes: readonly (readonly number[])[],
  ) {}

  /**
   * Writes the detector's graph, cuts it at its scans and loads the parts.
   *
   * @throws UnavailableError when onnxruntime is absent
   */
  static async open(
    description: Omit<DetectorDescription, 'preset' | 'encoder' | 'input_size'>,
    block: ParameterBlock,
    options: SplitOptions,
  ): Promise<NativeDetector> {
    const ops = new OnnxOpsWithCuts();
    writeDetector(ops, description, block, featureInputs(ops, description));
    const parts = splitGraph(ops.graph.graph('detector'), ops.cuts, (name) => ops.graph.description(name));
    return new NativeDetector(await openSplitSession(parts, options), description.features);
  }

  /** Images that are worth having under way. */
  get size(): number {
    return this.session.size;
  }

  /**
   * One image; several calls may be under way.
   *
   * @param features the encoder's maps, fine to coarse, each `[H·W·C]` and not yet scaled
   */
  async score(features: readonly Float32Array[]): Promise<Scored> {
    const inputs = features.map((data, scale) => [
      detectorNames.features(scale),
      { shape: [1, ...this.shapes[scale]!], data },
    ]);
    const outputs = await this.session.run(Object.fromEntries(inputs));
    const map = outputs[detectorNames.map]!.data as Float32Array;
    return { map, rawScore: outputs[detectorNames.rawScore]!.data[0]! };
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
