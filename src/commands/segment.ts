import { availableParallelism } from 'node:os';
import * as Flags from '@oclif/core/flags';
import { parseNumber } from '../cli/numbers.js';
import { PipeCommand } from '../cli/pipe-command.js';
import type { ScoreRecord } from '../core/records/schemas.js';

export default class Segment extends PipeCommand {
  static override summary =
    'Outline the defects: threshold each anomaly map, find connected regions, draw overlays.';
  static override examples = [
    'mambaad extract photos/ | mambaad score --model models/line1 | mambaad segment --overlays out/',
    'mambaad segment --masks masks/ --min-area 20 < scores.ndjson | jq -c "select(.area>0)|{path,regions}"',
    'mambaad segment --map-threshold 0.15 < scores.ndjson | mambaad metrics --report out/report.html',
    `mambaad segment < scores.ndjson | jq -r 'select(.type=="segment")|.path as $p|.regions[]|[$p,.area,.box[]]|@csv'`,
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
    const { checkOutputFolder } = await import('../core/files/check-output.js');
    for (const flag of ['masks', 'overlays'] as const) {
      const folder = flags[flag];
      if (folder !== undefined) await checkOutputFolder(folder, `--${flag}`);
    }
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
    let unlimited = 0;
    const segment = (record: ScoreRecord) => {
      if (record.limits === 'none' && options.mapThreshold === undefined) unlimited++;
      return segmentRecord(record, options);
    };
    await this.pipe(['score'], segment, {
      inFlight: 2 * availableParallelism(),
      onDone: () => progress.advance(1),
    });
    if (unlimited > 0) {
      this.caution(
        `${unlimited} records were scored by a model without limits, so nothing says which pixels are defective: calibrate the model, or give --map-threshold`,
      );
    }
    await this.finish();
  }
}
