import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';

export default class Synth extends BaseCommand {
  static override summary = 'Make a labelled sample data set: rendered parts, good and with masked defects.';
  static override examples = [
    'mambaad synth --out parts/',
    'mambaad synth --out parts/ --train 100 --test 30 --seed 7',
    'mambaad synth --out parts/ | jq -c "select(.defect)|{path,defect}"',
  ];
  static override flags = {
    out: Flags.string({ required: true, summary: 'Folder that takes the data set, laid out like MVTec-AD.' }),
    seed: Flags.integer({ default: 1, summary: 'Same seed, same bytes.' }),
    train: Flags.integer({ min: 1, default: 60, summary: 'Good training images of each class.' }),
    test: Flags.integer({ min: 2, default: 24, summary: 'Test images of each class.' }),
    size: Flags.integer({ min: 64, max: 1024, default: 256, summary: 'Side of the images in pixels.' }),
    class: Flags.string({ multiple: true, summary: 'Only these kinds of parts.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Synth);
    const { synthesise } = await import('../core/synth/synthesise.js');
    const progress = this.progress(undefined, 'rendering');
    const options = {
      out: flags.out,
      seed: flags.seed,
      trainPerClass: flags.train,
      testPerClass: flags.test,
      size: flags.size,
      ...(flags.class && { classes: flags.class }),
    };
    const records = synthesise(options, (_, total) => progress.expect(total));
    for await (const record of records) {
      this.signal.throwIfAborted();
      await this.write(record);
      progress.advance();
    }
    await this.finish();
  }
}
