import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';

export default class Export extends BaseCommand {
  static override summary = 'Write a trained model for other programs.';
  static override description =
    "safetensors holds the tensors under the published checkpoint's names, with the whole description in its metadata.";
  static override examples = [
    'mambaad export --model models/line1 --out line1.safetensors',
    'mambaad export --model models/line1 --out line1.safetensors | jq .bytes',
    'mambaad export --model models/line1 --out line1.safetensors -q && scp line1.safetensors edge:/models/',
  ];
  static override flags = {
    model: Flags.string({ required: true, summary: 'Model folder.' }),
    out: Flags.string({ required: true, summary: 'File to write.' }),
    format: Flags.option({
      options: ['safetensors'] as const,
      default: 'safetensors' as const,
      summary: 'What to write.',
    })(),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Export);
    const { openModel } = await import('../core/models/model-folder.js');
    const { exportSafetensors } = await import('../core/export/safetensors.js');
    const model = await openModel(flags.model);
    const bytes = await exportSafetensors(model, flags.out);
    await this.write({
      v: 1,
      type: 'export',
      path: flags.out,
      format: flags.format,
      model: model.manifest.model,
      bytes,
    });
    await this.finish({ in: 1 });
    this.notice(`${flags.out}: ${(bytes / 1e6).toFixed(1)} MB`);
  }
}
