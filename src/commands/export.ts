import { rm } from 'node:fs/promises';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { DataError, UsageError } from '../core/errors.js';
import type { Parity } from '../core/export/parity.js';
import type { LoadedModel } from '../core/models/model-folder.js';

export default class Export extends BaseCommand {
  static override summary = 'Write a trained model for other programs, and prove that it is the same model.';
  static override description =
    "safetensors holds the tensors under the published checkpoint's names, with the whole description in its metadata. onnx is one file of standard operators: RGB bytes in; anomaly map, raw and calibrated score out. tfjs is a folder with the same, which TensorFlow.js loads as it comes from npm. With --check what was written is run on real images beside the model, spread over classes and over good and bad parts; a difference beyond 1e-4 in a map or 1e-5 in a score fails the export (1e-3 with --half), and so does another verdict.";
  static override examples = [
    'mambaad export --model models/line1 --out line1.safetensors',
    'mambaad export --model models/line1 --format onnx --out line1.onnx --check data/ | jq .parity',
    'mambaad export --model models/line1 --format onnx --half --out line1.onnx',
    'mambaad export --model models/line1 --format tfjs --out web/line1 --check data/',
    'mambaad export --model models/line1 --format onnx --without-preprocess --out features-in.onnx',
  ];
  static override flags = {
    model: Flags.string({ required: true, summary: 'Model folder.' }),
    out: Flags.string({ required: true, summary: 'File to write; for tfjs a folder.' }),
    format: Flags.option({
      options: ['safetensors', 'onnx', 'tfjs'] as const,
      default: 'safetensors' as const,
      summary: 'What to write.',
    })(),
    half: Flags.boolean({ summary: 'onnx, tfjs: store weights as float16, half the file.' }),
    'without-preprocess': Flags.boolean({
      summary: 'onnx, tfjs: leave encoder and preprocessing out; feature maps go in.',
    }),
    check: Flags.string({
      summary: 'onnx, tfjs: images (folder or file) to compare what was written with the model on.',
    }),
    'check-images': Flags.integer({ min: 1, default: 64, summary: 'How many of them at most.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Export);
    const graphOnly = ['half', 'without-preprocess', 'check'] as const;
    const misplaced = graphOnly.find((flag) => flags[flag]);
    if (flags.format === 'safetensors' && misplaced) {
      throw new UsageError(
        `--${misplaced} is for --format onnx or tfjs; safetensors holds the tensors as they are`,
      );
    }
    const { openModel } = await import('../core/models/model-folder.js');
    const model = await openModel(flags.model);
    const bytes = await this.writeModel(model, flags);
    const parity = flags.check === undefined ? undefined : await this.prove(model, flags.check, flags);
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

  private async writeModel(model: LoadedModel, flags: ExportFlags): Promise<number> {
    if (flags.format === 'safetensors') {
      const { exportSafetensors } = await import('../core/export/safetensors.js');
      return exportSafetensors(model, flags.out);
    }
    const { loadModelEncoder } = await import('../core/models/encoders/model-encoder.js');
    const encoder = flags['without-preprocess'] ? undefined : await loadModelEncoder(model.manifest);
    const options = { half: flags.half, encoder };
    if (flags.format === 'onnx') {
      const { exportOnnx } = await import('../core/export/onnx/export-onnx.js');
      return exportOnnx(model, flags.out, options);
    }
    const { exportTfjs } = await import('../core/export/tfjs/export-tfjs.js');
    return exportTfjs(model, flags.out, options);
  }

  /** Runs the export beside the model; one that differs is removed. */
  private async prove(model: LoadedModel, images: string, flags: ExportFlags): Promise<Parity> {
    const { readDataset } = await import('../core/data/layouts/read-dataset.js');
    const { openModelEncoder } = await import('../core/models/encoders/model-encoder.js');
    const { exportParity, halfParityBounds, parityBounds } = await import('../core/export/parity.js');
    const { spreadImages } = await import('../core/export/spread-images.js');
    const { openOnnxRunner, openTfjsRunner } = await import('../core/export/exported-runner.js');
    const { openEngine } = await import('../core/runtime/engine.js');
    const chosen = await spreadImages(readDataset(images, 'auto'), flags['check-images']);
    const engine = await openEngine('auto');
    const encoder = await openModelEncoder(model.manifest);
    const open = flags.format === 'tfjs' ? openTfjsRunner : openOnnxRunner;
    const runner = await open(flags.out, model.manifest);
    const bounds = flags.half ? halfParityBounds : parityBounds;
    const progress = this.progress(chosen.length, 'comparing');
    const parity = await exportParity(runner, model, encoder, chosen, {
      bounds,
      onImage: () => progress.advance(),
    });
    await runner.dispose();
    encoder.dispose();
    engine.close();
    this.show(
      `parity on ${parity.images} images of ${parity.classes} classes: map ${parity.map_max_abs.toExponential(1)}, score ${parity.score_max_abs.toExponential(1)}, verdicts ${parity.verdicts_equal ? 'equal' : 'DIFFER'}`,
    );
    if (parity.ok) return parity;
    await rm(flags.out, { recursive: true, force: true });
    throw new DataError(
      `${flags.out}: the export is not the same model (map ${parity.map_max_abs}, score ${parity.score_max_abs}; bounds ${bounds.map}, ${bounds.score}; verdicts ${parity.verdicts_equal ? 'equal' : 'differ'}) and was removed; ${flags.half ? 'export without --half' : 'report this'}`,
    );
  }
}

interface ExportFlags {
  out: string;
  format: 'safetensors' | 'onnx' | 'tfjs';
  half: boolean;
  'without-preprocess': boolean;
  'check-images': number;
}
