import { availableParallelism } from 'node:os';
import * as Flags from '@oclif/core/flags';
import { UsageError } from '../core/errors.js';
import type { Encoder } from '../core/models/encoders/encoder.js';
import type { Engine } from '../core/runtime/engine.js';

/** Which encoder, and how its maps are brought to the decoder's widths. */
export const encoderFlags = {
  encoder: Flags.string({
    summary: 'Encoder [default: the best one whose weights are present; see mambaad weights list]',
  }),
  channels: Flags.string({
    summary: 'Channels of the three scales, or "own" for no projection [default: 64,128,256]',
  }),
  size: Flags.integer({
    min: 32,
    summary:
      'Side of the images given to the encoder: 128 is four times as fast as 256, 512 sees finer defects [default: 256]',
  }),
  'encoder-engine': Flags.option({
    options: ['auto', 'onnxruntime', 'tfjs'] as const,
    default: 'auto' as const,
    summary: 'What runs the encoder: onnxruntime where it is installed.',
  })(),
};

/** How the work is spread over cores. */
export const threadsFlag = Flags.integer({
  min: 1,
  summary: 'Threads on the CPU engines [default: all cores]',
});

interface EncoderFlags {
  encoder?: string | undefined;
  channels?: string | undefined;
  size?: number | undefined;
  'encoder-engine': 'auto' | 'onnxruntime' | 'tfjs';
}

/** Opens the encoder that the flags name; on tfjs the engine `auto` takes runs it. */
export async function openEncoderFromFlags(flags: EncoderFlags): Promise<Encoder> {
  const { openEncoder } = await import('../core/models/encoders/open-encoder.js');
  const { findOnnxRuntime } = await import('../core/runtime/onnxruntime.js');
  if (flags['encoder-engine'] === 'tfjs' || !('ort' in findOnnxRuntime())) {
    const { openEngine } = await import('../core/runtime/engine.js');
    await openEngine('auto');
  }
  return openEncoder(flags.encoder, {
    engine: flags['encoder-engine'],
    channels: parseChannels(flags.channels),
    ...(flags.size !== undefined && { inputSize: [flags.size, flags.size] as const }),
  });
}

/** What --channels means: undefined where it is not given, null for the encoder's own. @throws UsageError */
export function parseChannels(text: string | undefined): number[] | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'own') return null;
  const channels = text.split(',').map(Number);
  if (channels.length > 0 && channels.every((count) => Number.isInteger(count) && count > 0)) return channels;
  throw new UsageError(`--channels ${text}: expected numbers such as 64,128,256, or "own"`);
}

/** Threads for data-parallel work; none on engines that are parallel in themselves. */
export function threadsFor(engine: Pick<Engine, 'name'>, wanted: number | undefined): number {
  if (engine.name === 'wasm' || engine.name === 'cpu') return wanted ?? availableParallelism();
  return 0;
}

/**
 * Images of a step and of a shard. On a processor few of both: in a training of minutes many small steps learn more than
 * few large ones (docs/models.md), and threads take a shard each. A GPU is filled best by the publications' batch at once.
 */
export function stepSizes(
  engine: Pick<Engine, 'kind'>,
  flags: { batch?: number | undefined; shard?: number | undefined },
): { batch: number; shard: number } {
  const [images, together] = engine.kind === 'cpu' ? [4, 2] : [16, Number.POSITIVE_INFINITY];
  const batch = flags.batch ?? images;
  return { batch, shard: flags.shard ?? Math.min(together, batch) };
}
