import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { parseChannels } from '../cli/compute-flags.js';

export default class Models extends BaseCommand {
  static override summary = 'List the kinds of detectors and their presets, with parameters and operations.';
  static override description =
    'Counts are those of the network with the encoder in front of it, for one image; the scans, which published counts leave out, have a column of their own. The table is what this command is for: it goes to stdout, and --json puts records in its place.';
  static override examples = [
    'mambaad models',
    'mambaad models --family mambaad --encoder resnet50-keras',
    'mambaad models --json | jq -c "select(.gmac.total and .gmac.total<5)|[.family,.preset,.parameters.total]"',
    'mambaad models --json | jq "select(.family==\\"mambaad\\" and .preset==\\"small\\").config"',
  ];
  static override flags = {
    json: Flags.boolean({ summary: 'One record a preset, with its config, instead of the table.' }),
    family: Flags.string({ summary: 'Only this kind.' }),
    encoder: Flags.string({
      summary: 'Encoder to count with [default: the one that the preset is made for]',
    }),
    channels: Flags.string({
      summary: 'Channels of its maps after a projection, as in extract, for kinds that take any.',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Models);
    const { family, encoder } = flags;
    const { listModels } = await import('../core/models/list-models.js');
    const models = listModels({ family, encoder, channels: parseChannels(flags.channels) ?? undefined });
    if (flags.json) {
      for (const { scanGflop, ...model } of models) {
        await this.write({ v: 1, type: 'preset', ...model, scan_gflop: scanGflop });
      }
      return this.finish();
    }
    const { modelTable } = await import('../core/models/model-table.js');
    process.stdout.write(modelTable(models));
  }
}
