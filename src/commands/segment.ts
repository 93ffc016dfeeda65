import { availableParallelism } from 'node:os';
import * as Flags from '@oclif/core/flags';
import { PipeCommand } from '../cli/pipe-command.js';
import { parseNumber } from '../cli/train-flags.js';

export default class Segment extends PipeCommand {
  static override summary =
    'Outline the defects: threshold each anomaly map, find connected regions, draw overlays.';
  static override examples = [
    'mambaad extract photos/ | mambaad score --model models/line1 | mambaad segment --overlays out/',
    'mambaad segment --masks masks/ --min-area 20 < scores.ndjson | jq -c "select(.area>0)|{path,regions}"',
    'mambaad segment --map-threshold 0.15 < scores.ndjson | mambaad metrics --report out/report.html',
    'mambaad segment < scores.ndjson | jq -r "select(.type==\\"segment\\")|.path as $p|.regions[]|[$p,.area,.box[]]|@csv"',
  ];
  static override flags = {
    'map-threshold': Flags.string({
      summary: 'Raw map value above which a pixel is defective [default: the calibrated one in each record]',
    }),
    'min-area': Flags.integer({ min: 1, default: 1, summary: 'Smallest region kept, in pixels of the map.' }),
    masks: Flags.string({ summary: 'Write predicted masks as PNG here.' }),
    'full-size': Flags.boolean({ summary: 'Masks at the size of the original image.' }),
    overlays: Flags.string({ summary: 'Write overlays here: photograph, heat map and mask side by side.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Segment);
    const { segmentRecord } = await import('../core/anomaly/segment-record.js');
    const options = {
      mapThreshold:
        flags['map-threshold'] === undefined
          ? undefined
          : parseNumber('map-threshold', flags['map-threshold'], -1e9, 1e9),
      minArea: flags['min-area'],
      masks: flags.masks,
      fullSize: flags['full-size'],
      overlays: flags.overlays,
    };
    const progress = this.progress(undefined, 'segmenting');
    await this.pipe(['score'], (record) => segmentRecord(record, options), {
      inFlight: 2 * availableParallelism(),
      onDone: () => progress.advance(1),
    });
    await this.finish();
  }
}
