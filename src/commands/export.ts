import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import type { Progress } from '../cli/progress.js';
import { UsageError } from '../core/errors.js';
import type { Parity } from '../core/export/parity.js';
import type { LoadedModel } from '../core/models/model-folder.js';

export default class Export extends BaseCommand {
  static override summary = 'Write a trained model for other programs, and prove that it is the same model.';
  static override description =
    "safetensors holds the tensors under the published checkpoint's names, with the whole description in its metadata. onnx is one file of standard operators: RGB bytes in; anomaly map, raw and calibrated score out. tfjs is a folder with the same, which TensorFlow.js loads as it comes from npm. With --check what was written is run on real images beside the model, spread over classes and over good and bad parts; a difference beyond 1e-4 in a map or 1e-5 in a score fails the export (1e-3 with --half), and so does another verdict.";
  static override examples = [
    'mambaad export --model models/line1 --out line1.safetensors',
    'mambaad export --model models/line1 --format onnx --out line1.onnx --check data/ | jq ".parity // empty"',
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
    await this.checkOut(flags);
    const { openModel } = await import('../core/models/model-folder.js');
    const { makeFolderOf } = await import('../core/files/check-output.js');
    const model = await openModel(flags.model);
    await makeFolderOf(flags.out);
    const { bytes, parity } = await this.export(model, flags);
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

  private async checkOut({ out, format }: ExportFlags): Promise<void> {
    if (format !== 'tfjs') {
      const { checkOutputFile } = await import('../core/files/check-output.js');
      return checkOutputFile(out, '--out');
    }
    const { checkPublication } = await import('../core/files/publish-directory.js');
    const { shardName } = await import('../core/export/tfjs/graph-model-files.js');
    await checkPublication(out, '--out', shardName(0));
  }

  private async export(model: LoadedModel, flags: ExportFlags): Promise<{ bytes: number; parity?: Parity }> {
    const { check, out, format } = flags;
    if (check === undefined) return { bytes: await this.writeModel(model, out, flags) };
    const { writeProven } = await import('../core/export/write-proven.js');
    const { shardName } = await import('../core/export/tfjs/graph-model-files.js');
    const { bytes, proof } = await writeProven(
      out,
      (place) => this.writeModel(model, place, flags),
      (place) => this.prove(model, place, check, flags),
      format === 'tfjs' ? shardName(0) : undefined,
    );
    return { bytes, parity: proof };
  }

  private async writeModel(model: LoadedModel, out: string, flags: ExportFlags): Promise<number> {
    if (flags.format === 'safetensors') {
      const { exportSafetensors } = await import('../core/export/safetensors.js');
      return exportSafetensors(model, out);
    }
    const { loadModelEncoder } = await import('../core/models/encoders/model-encoder.js');
    const encoder = flags['without-preprocess'] ? undefined : await loadModelEncoder(model.manifest);
    const options = { half: flags.half, encoder };
    if (flags.format === 'onnx') {
      const { exportOnnx } = await import('../core/export/onnx/export-onnx.js');
      return exportOnnx(model, out, options);
    }
    const { exportTfjs } = await import('../core/export/tfjs/export-tfjs.js');
    return exportTfjs(model, out, options);
  }

  /** Runs the export at `place` beside the model. */
  private async prove(model: LoadedModel, place: string, check: string, flags: ExportFlags): Promise<Parity> {
    const { proveExport } = await import('../core/export/prove-export.js');
    const { format, half } = flags;
    let progress: Progress | undefined;
    const parity = await proveExport(model, place, format === 'tfjs' ? 'tfjs' : 'onnx', {
      ...{ half, images: check, limit: flags['check-images'], name: flags.out },
      onStart: (total) => {
        progress = this.progress(total, 'comparing');
      },
      onImage: () => progress?.advance(),
    });
    this.show(
      `parity on ${parity.images} images of ${parity.classes} classes: map ${parity.map_max_abs.toExponential(1)}, score ${parity.score_max_abs.toExponential(1)}, verdicts equal`,
    );
    return parity;
  }
}

interface ExportFlags {
  out: string;
  check?: string | undefined;
  format: 'safetensors' | 'onnx' | 'tfjs';
  half: boolean;
  'without-preprocess': boolean;
  'check-images': number;
}
