import { rm } from 'node:fs/promises';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { DataError, UsageError } from '../core/errors.js';
import type { Parity } from '../core/export/parity.js';
import type { LoadedModel } from '../core/models/model-folder.js';

export default class Export extends BaseCommand {
  static override summary = 'Write a trained model for other programs, and prove that it is the same model.';
  static override description =
    "safetensors holds the tensors under the published checkpoint's names, with the whole description in its metadata. onnx is one file of standard operators: RGB bytes in; anomaly map, raw and calibrated score out. With --check the written file is run on real images beside the model; a difference beyond 1e-4 in a map or 1e-5 in a score fails the export.";
  static override examples = [
    'mambaad export --model models/line1 --out line1.safetensors',
    'mambaad export --model models/line1 --format onnx --out line1.onnx --check data/ | jq .parity',
    'mambaad export --model models/line1 --format onnx --half --out line1.onnx',
    'mambaad export --model models/line1 --format onnx --without-preprocess --out features-in.onnx',
  ];
  static override flags = {
    model: Flags.string({ required: true, summary: 'Model folder.' }),
    out: Flags.string({ required: true, summary: 'File to write.' }),
    format: Flags.option({
      options: ['safetensors', 'onnx'] as const,
      default: 'safetensors' as const,
      summary: 'What to write.',
    })(),
    half: Flags.boolean({ summary: 'onnx: store weights as float16, half the file.' }),
    'without-preprocess': Flags.boolean({
      summary: 'onnx: leave encoder and preprocessing out; feature maps go in.',
    }),
    check: Flags.string({
      summary: 'onnx: images (folder or file) to compare the written file with the model on.',
    }),
    'check-images': Flags.integer({ min: 1, default: 64, summary: 'How many of them at most.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Export);
    const { openModel } = await import('../core/models/model-folder.js');
    const model = await openModel(flags.model);
    if (flags.check && (flags.format !== 'onnx' || flags['without-preprocess'])) {
      throw new UsageError(
        '--check compares a whole ONNX file with the model: give --format onnx, without --without-preprocess',
      );
    }
    const bytes =
      flags.format === 'onnx'
        ? await this.writeOnnx(model, flags)
        : await this.writeTensors(model, flags.out);
    const parity = flags.check
      ? await this.prove(model, flags.out, flags.check, flags['check-images'])
      : undefined;
    await this.write({
      v: 1,
      type: 'export',
      path: flags.out,
      format: flags.format,
      model: model.manifest.model,
      bytes,
      ...(parity && { parity }),
    });
    await this.finish({ in: 1 });
    this.notice(`${flags.out}: ${(bytes / 1e6).toFixed(1)} MB`);
  }

  private async writeTensors(model: LoadedModel, out: string): Promise<number> {
    const { exportSafetensors } = await import('../core/export/safetensors.js');
    return exportSafetensors(model, out);
  }

  private async writeOnnx(
    model: LoadedModel,
    flags: { out: string; half: boolean; 'without-preprocess': boolean },
  ): Promise<number> {
    const { exportOnnx } = await import('../core/export/onnx/export-onnx.js');
    const { loadModelEncoder } = await import('../core/models/encoders/model-encoder.js');
    const encoder = flags['without-preprocess'] ? undefined : await loadModelEncoder(model.manifest);
    return exportOnnx(model, flags.out, { half: flags.half, encoder });
  }

  /** Runs the file beside the model; a file that differs is removed. */
  private async prove(model: LoadedModel, out: string, images: string, limit: number): Promise<Parity> {
    const { readDataset } = await import('../core/data/layouts/read-dataset.js');
    const { openModelEncoder } = await import('../core/models/encoders/model-encoder.js');
    const { onnxParity, parityBounds } = await import('../core/export/parity.js');
    const { openEngine } = await import('../core/runtime/engine.js');
    await openEngine('auto');
    const opened = await openModelEncoder(model.manifest);
    const parity = await onnxParity(out, model, opened, readDataset(images, 'auto'), limit);
    opened.dispose();
    this.show(
      `parity on ${parity.images} images: map ${parity.map_max_abs.toExponential(1)}, score ${parity.score_max_abs.toExponential(1)}, verdicts ${parity.verdicts_equal ? 'equal' : 'DIFFER'}`,
    );
    if (parity.ok) return parity;
    await rm(out, { force: true });
    throw new DataError(
      `${out}: the exported file is not the same model (map ${parity.map_max_abs}, score ${parity.score_max_abs}; bounds ${parityBounds.map}, ${parityBounds.score}) and was removed; export without --half, or report this`,
    );
  }
}
