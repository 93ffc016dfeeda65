import { anomalyMap, imageScore } from '../../anomaly/anomaly-map.js';
import { TfOps } from '../../ops/tf-ops.js';
import { inScope } from '../../runtime/scope.js';
import { compareAbsolute, compareNmse } from '../check.js';
import type { FixtureKind } from '../kind.js';
import { upload } from '../network.js';

/** From features to map and image score. */
export const anomalyMapKind: FixtureKind = {
  name: 'anomaly-map',
  matches: (fixture) => fixture.has('teacher.0', 'student.0', 'map'),
  check(fixture) {
    const scales = [...fixture.tensors.keys()].filter((name) => name.startsWith('teacher.')).length;
    const size = fixture.tensor('map').shape.at(-1)!;
    const maps = (who: string) =>
      Array.from({ length: scales }, (_, i) => upload(fixture, `${who}.${i}`, 'NCHW'));
    return inScope(() => {
      const ops = new TfOps();
      const map = anomalyMap(ops, maps('teacher'), maps('student'), size);
      const expected = fixture.floats('map');
      const first = map.dataSync().subarray(0, expected.length) as Float32Array;
      return [
        compareNmse('map', first, expected, 1e-7),
        compareAbsolute(
          'image_score_max',
          imageScore(ops, map).dataSync(),
          fixture.floats('image_score_max'),
          1e-5,
        ),
      ];
    });
  },
};
