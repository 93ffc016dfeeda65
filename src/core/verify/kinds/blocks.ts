import type { MambaConfig } from '../../models/mambaad/config.js';
import { paperConfig } from '../../models/mambaad/config.js';
import { lss, lssSpecs } from '../../models/mambaad/lss.js';
import { patchExpand, patchExpandSpecs } from '../../models/mambaad/patch-expand.js';
import { ss2d, ss2dSpecs } from '../../models/mambaad/ss2d.js';
import { pyramidMamba } from '../../models/pyramid-mamba/detector.js';
import type { Fixture } from '../fixture.js';
import type { FixtureKind } from '../kind.js';
import { checkNetwork } from '../network.js';

/** The scan that a block fixture names in its metadata. */
function scanConfig({ metadata }: Fixture): MambaConfig {
  if (metadata.scan?.startsWith('pyramid')) return pyramidMamba.presets.paper!;
  return { ...paperConfig, scan: metadata.scan!, directions: Number(metadata.directions) };
}

export const ss2dKind: FixtureKind = {
  name: 'ss2d',
  matches: (fixture) => fixture.has('input', 'output', 'param.x_proj_weight'),
  check(fixture) {
    const config = scanConfig(fixture);
    const specs = ss2dSpecs(Number(fixture.metadata.d_model), config);
    return checkNetwork(fixture, { specs, layout: 'as-is', run: (ops, w, x) => ss2d(ops, w, x, config) });
  },
};

export const lssKind: FixtureKind = {
  name: 'lss',
  matches: (fixture) => fixture.has('input', 'output', 'param.finalconv11.weight'),
  check(fixture) {
    const config = scanConfig(fixture);
    const blocks = Number(fixture.metadata.depth);
    const specs = lssSpecs({ channels: Number(fixture.metadata.hidden_dim), blocks }, config);
    return checkNetwork(fixture, {
      specs,
      layout: 'as-is',
      run: (ops, w, x) => lss(ops, w, x, blocks, 0, config),
    });
  },
};

export const patchExpandKind: FixtureKind = {
  name: 'patch-expand',
  matches: (fixture) => fixture.has('input', 'output', 'param.expand.weight'),
  check(fixture) {
    const inner = fixture.tensor('input').shape.at(-1)!;
    const specs = patchExpandSpecs(inner, inner / 2);
    return checkNetwork(fixture, { specs, layout: 'as-is', run: patchExpand });
  },
};
