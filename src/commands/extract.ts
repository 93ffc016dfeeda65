import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { encoderFlags } from '../cli/compute-flags.js';
import { ImageCommand } from '../cli/image-command.js';
import { type LayoutFlags, layoutFlags } from '../cli/layout-flags.js';
import { parseWindow, turnedText, windowFlag } from '../cli/window-flag.js';
import type { IntensityWindow } from '../core/data/intensity-window.js';
import { UsageError } from '../core/errors.js';
import type { Encoder } from '../core/models/encoders/encoder.js';
import { PassedOn } from '../core/records/passed-on.js';
import type { ImageRecord } from '../core/records/schemas.js';

export default class Extract extends ImageCommand {
  static override summary = 'Turn images into feature records: decode, resize, frozen encoder.';
  static override description =
    'Reads a data set folder, image paths, or image records on stdin (one JSON record or one path a line). Features go to a cache that every later run finds again; --inline puts them into the records.';
  static override examples = [
    'mambaad extract data/mvtec --split train | mambaad train --out models/line1',
    'mambaad extract data/mvtec --dry-run',
    'find /camera -name "*.jpg" | mambaad extract | mambaad score --model models/line1 | jq -c "select(.path)|{path,score,verdict}"',
    'mambaad extract photos/ --list | mambaad score --model line1.onnx',
    'mambaad extract photos/ --class bolt --inline | ssh gpu mambaad train --out models/bolt',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({
      description: 'data set folders or image files; - or none for stdin',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...encoderFlags,
    ...layoutFlags,
    'dry-run': Flags.boolean({ summary: 'Say what would be read, and what is odd about it, and stop.' }),
    list: Flags.boolean({
      summary:
        'Write image records and run no encoder: what an exported model with its encoder inside takes.',
      exclusive: ['dry-run', 'inline', 'half', 'window'],
    }),
    inline: Flags.boolean({ summary: 'Put features into the records instead of the cache.' }),
    cache: Flags.directory({ summary: 'Cache folder [default: MAMBAAD_CACHE or ~/.cache/mambaad]' }),
    half: Flags.boolean({ summary: 'Features as float16: half the disk or stream, three digits.' }),
    window: windowFlag,
    'max-pixels': Flags.integer({ min: 1, default: 64_000_000, summary: 'Refuse larger images.' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Extract);
    const paths = argv as string[];
    const window = parseWindow(flags.window);
    if (flags['dry-run']) return this.dryRun(paths, flags, window);
    if (flags.list) return this.list(paths, flags);
    const { extractInPlace } = await import('../core/data/extract.js');
    const { openEncoderFromFlags } = await import('../cli/compute-flags.js');
    const encoder = await openEncoderFromFlags(flags);
    if (flags['encoder-engine'] === 'auto') await this.noticeSlowness();
    // Without a cache no folder under the home is needed.
    const folder = flags.inline ? undefined : await cacheToUse(flags.cache);
    this.detail(`encoder ${encoder.name} (${encoder.hash.slice(0, 16)}), ${encoder.preprocessing}`);
    const turned: string[] = [];
    const options = {
      ...(folder === undefined
        ? { inline: true, half: flags.half }
        : { cache: await openCache(encoder, folder, flags) }),
      maxPixels: flags['max-pixels'],
      window: window ?? (await this.findWindow(paths, flags)),
      onIgnoredTurn: ({ path }: ImageRecord) => void turned.push(path),
      signal: this.signal,
    };
    const progress = this.progress(undefined, 'extracting');
    for await (const outcome of extractInPlace(this.inputs(paths, flags), encoder, options)) {
      if (outcome instanceof PassedOn) await this.writer.forward(outcome.text);
      else if ('error' in outcome) await this.refuse(outcome.error, { record: outcome.image });
      else await this.write(outcome.record);
      progress.advance();
    }
    encoder.dispose();
    if (turned.length > 0) this.caution(turnedText(turned));
    await this.conclude();
  }

  private async list(paths: string[], flags: LayoutFlags): Promise<void> {
    for await (const input of this.inputs(paths, flags)) {
      if (input instanceof PassedOn) await this.writer.forward(input.text);
      else await this.write(input);
    }
    await this.conclude();
  }

  private async dryRun(
    paths: string[],
    flags: LayoutFlags & { 'max-pixels': number },
    window: IntensityWindow | undefined,
  ): Promise<void> {
    const { summariseDataset, summaryTable } = await import('../core/data/summary.js');
    const listed: ImageRecord[] = [];
    const summary = await summariseDataset(this.imagesOnly(paths, flags, listed), {
      issues: this.issues,
      fold: flags.fold,
      isPart: flags.view !== undefined,
    });
    if (summary.images === 0) throw new UsageError('nothing to read');
    this.show(summaryTable(summary));
    const turned: string[] = [];
    if (!window) await this.findWindow(paths, flags, listed, ({ path }) => void turned.push(path));
    if (turned.length > 0) this.caution(turnedText(turned));
    await this.finish({ in: summary.images });
  }
}

async function openCache(encoder: Encoder, folder: string, { half }: { half: boolean }) {
  const { featureCache } = await import('../core/data/feature-cache.js');
  return featureCache(folder, encoder, half ? 'float16' : 'float32');
}

/** The cache's folder, where it can be written. One that is there may be shared read-only: it serves what it has. */
async function cacheToUse(given: string | undefined): Promise<string> {
  const { cacheAdvice, cacheFolder } = await import('../core/cache-folder.js');
  const { checkOutputFolder } = await import('../core/files/check-output.js');
  const { ownFolderFailure } = await import('../core/home-folder.js');
  const folder = join(given ?? cacheFolder(), 'features');
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    await checkOutputFolder(folder, '--cache').catch((error: unknown) => {
      throw given === undefined ? ownFolderFailure(folder, error, cacheAdvice) : error;
    });
  return folder;
}
