import { BaseCommand } from '../../cli/base-command.js';

export default class WeightsList extends BaseCommand {
  static override summary = 'List the encoders and whether their weights are on this machine.';
  static override examples = [
    'mambaad weights list',
    'mambaad weights list -q | jq -r "select(.present)|.name"',
    'mambaad weights list -q | mlr --ijsonl --opprint cut -f name,present,bytes',
  ];

  async run(): Promise<void> {
    await this.parse(WeightsList);
    const { listWeights } = await import('../../core/weights/store.js');
    for (const listing of await listWeights()) {
      await this.write({ v: 1, type: 'weights', ...listing });
      const state = listing.present
        ? `${((listing.bytes ?? 0) / 1e6).toFixed(0)} MB, ${listing.path}`
        : 'not here';
      this.show(`${listing.name.padEnd(18)} ${state}`);
    }
    await this.finish();
  }
}
