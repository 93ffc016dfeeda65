import { join } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { encoderFlags } from '../cli/compute-flags.js';
import { type LayoutFlags, layoutFlags, layoutOptions } from '../cli/layout-flags.js';
import { PipeCommand } from '../cli/pipe-command.js';
import type { LayoutOptions, Oddity } from '../core/data/layouts/layout.js';
import { UsageError } from '../core/errors.js';
import type { ImageRecord } from '../core/records/schemas.js';

export default class Extract extends PipeCommand {
  static override summary = 'Turn images into feature records: decode, resize, frozen encoder.';
  static override description =
    'Reads a data set folder, image paths, or image records on stdin (one JSON record or one path a line). Features go to a cache that every later run finds again; --inline puts them into the records.';
  static override examples = [
    'mambaad extract data/mvtec --split train | mambaad train --out models/line1',
    'mambaad extract data/mvtec --dry-run',
    'find /camera -name "*.jpg" | mambaad extract | mambaad score --model models/line1 | jq -c "{path,score,verdict}"',
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
      exclusive: ['dry-run', 'inline', 'half'],
    }),
    inline: Flags.boolean({ summary: 'Put features into the records instead of the cache.' }),
    cache: Flags.directory({ summary: 'Cache folder [default: MAMBAAD_CACHE or ~/.cache/mambaad]' }),
    half: Flags.boolean({ summary: 'Cache features as float16: half the disk, three digits.' }),
    'max-pixels': Flags.integer({ min: 1, default: 64_000_000, summary: 'Refuse larger images.' }),
  };

  /** What the layout's reader found odd. */
  private readonly oddities: Oddity[] = [];

  /** Images found in folders; those on stdin are in the tally. */
  private found = 0;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Extract);
    const images = this.images(argv as string[], flags);
    if (flags['dry-run']) return this.dryRun(images, flags);
    if (flags.list) return this.list(images);
    const { extractFeatures } = await import('../core/data/extract.js');
    const { featureCache } = await import('../core/data/feature-cache.js');
    const { cacheFolder } = await import('../core/cache-folder.js');
    const { openEncoderFromFlags } = await import('../cli/compute-flags.js');
    const cache = join(flags.cache ?? cacheFolder(), 'features');
    if (!flags.inline) await checkCache(cache);
    const encoder = await openEncoderFromFlags(flags);
    this.detail(`encoder ${encoder.name} (${encoder.hash.slice(0, 16)}), ${encoder.preprocessing}`);
    const progress = this.progress(undefined, 'extracting');
    const failures: { error: Error; image: ImageRecord }[] = [];
    const records = extractFeatures(images, encoder, {
      inline: flags.inline,
      ...(!flags.inline && {
        cache: featureCache(cache, encoder, flags.half ? 'float16' : 'float32'),
      }),
      maxPixels: flags['max-pixels'],
      signal: this.signal,
      ...(flags['on-error'] === 'skip' && { onError: (error, image) => failures.push({ error, image }) }),
    });
    for await (const record of records) {
      for (const { error, image } of failures.splice(0)) await this.refuse(error, { record: image });
      await this.write(record);
      progress.advance();
    }
    for (const { error, image } of failures.splice(0)) await this.refuse(error, { record: image });
    encoder.dispose();
    await this.conclude();
  }

  private async list(images: AsyncIterable<ImageRecord>): Promise<void> {
    for await (const image of images) await this.write(image);
    await this.conclude();
  }

  private async conclude(): Promise<void> {
    for (const { kind, path, note } of this.oddities) {
      this.caution(`${path}: ${kind.replaceAll('-', ' ')}${note ? ` (${note})` : ''}`);
    }
    await this.finish({ in: this.found + this.tally.records });
  }

  /** The images that the arguments name, or that stdin lists. */
  private async *images(paths: string[], flags: LayoutFlags): AsyncGenerator<ImageRecord> {
    const { readDataset } = await import('../core/data/layouts/read-dataset.js');
    const onOddity = (oddity: Oddity) => void this.oddities.push(oddity);
    const options = { ...layoutOptions(flags), onOddity };
    const folders = paths.filter((path) => path !== '-');
    for (const folder of folders) {
      for await (const image of readDataset(folder, flags.layout, options)) {
        this.found++;
        yield image;
      }
    }
    if (folders.length > 0 && folders.length === paths.length) return;
    yield* this.imagesOnStdin(options);
  }

  private async *imagesOnStdin({ className, split }: LayoutOptions): AsyncGenerator<ImageRecord> {
    const { imageRecord } = await import('../core/data/layouts/image-record.js');
    const known = {
      class: className ?? 'default',
      split,
      label: split === 'train' ? ('normal' as const) : undefined,
    };
    const bareLine = (bytes: Buffer) => imageRecord(Buffer.from(bytes), known) as Record<string, unknown>;
    for await (const { record } of this.records(['image'], { bareLine })) yield record;
  }

  private async dryRun(images: AsyncIterable<ImageRecord>, { fold, view }: LayoutFlags): Promise<void> {
    const { summariseDataset, summaryTable } = await import('../core/data/summary.js');
    const summary = await summariseDataset(images, {
      oddities: this.oddities,
      fold,
      isPart: view !== undefined,
    });
    if (summary.images === 0) throw new UsageError('nothing to read');
    this.show(summaryTable(summary));
    await this.finish({ in: summary.images });
  }
}

/** One that is there may be shared read-only: it serves what it has. */
async function checkCache(folder: string): Promise<void> {
  const { checkOutputFolder } = await import('../core/files/check-output.js');
  const { stat } = await import('node:fs/promises');
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) await checkOutputFolder(folder, '--cache');
}
