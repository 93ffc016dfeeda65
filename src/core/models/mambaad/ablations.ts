import { type MambaConfig, paperConfig } from './config.js';

const variant = (changes: Partial<MambaConfig>): MambaConfig => ({ ...paperConfig, ...changes });

const mixtures = [
  'zigzag4+hilbert4',
  'zorder4+hilbert4',
  'scan4+hilbert4',
  'sweep4+hilbert4',
  'scan2+zorder2+zigzag2+hilbert2',
];

const usualKernels = [
  [3, 5],
  [5, 7],
  [3, 5, 7],
];

/** The tables of the LSS module's design: blocks a module, with or without 1×1 convolutions and skip, kernel sizes. */
const lssDesigns: readonly { suffix: string; changes: Partial<MambaConfig>; kernels: number[][] }[] = [
  {
    suffix: '',
    changes: {},
    kernels: [
      [3, 5],
      [3, 5, 7],
    ],
  }, // [5, 7] is the paper's
  { suffix: '-dw', changes: { pointwise: false }, kernels: usualKernels },
  { suffix: '-hss1', changes: { hss: 1 }, kernels: usualKernels },
  {
    suffix: '-hss1-dw',
    changes: { hss: 1, pointwise: false },
    kernels: [[1, 3], ...usualKernels, [1, 3, 5], [1, 3, 5, 7]],
  },
  { suffix: '-hss1-noskip', changes: { hss: 1, skip: false }, kernels: usualKernels },
  { suffix: '-hss1-dw-noskip', changes: { hss: 1, pointwise: false, skip: false }, kernels: usualKernels },
];

/** The rows of the paper's ablation tables (docs/algorithms.md 1.11); what a name does not say is as in `paper`. */
export const ablations: Readonly<Record<string, MambaConfig>> = {
  // Table of increments: a plain decoder with two sweeps, then the local branches, then the Hilbert scan (= paper).
  'plain-mamba': variant({ scan: 'sweep', directions: 2, kernels: [] }),
  'plain-mamba+lss': variant({ scan: 'sweep', directions: 2 }),
  'plain-mamba+lss+hss': paperConfig,
  'local-only': variant({ global: false }),
  'global-only': variant({ kernels: [] }),
  ...Object.fromEntries(
    ['sweep', 'scan', 'zorder', 'zigzag'].map((scan) => [`${scan}-8`, variant({ scan })]),
  ),
  'hilbert-2': variant({ directions: 2 }),
  'hilbert-4': variant({ directions: 4 }),
  'hilbert-true-8': variant({ orientation: 'true-8' }),
  ...Object.fromEntries(mixtures.map((scan) => [scan, variant({ scan })])),
  ...Object.fromEntries(
    lssDesigns.flatMap(({ suffix, changes, kernels }) =>
      kernels.map((sizes) => [
        `kernels-${sizes.join('-')}${suffix}`,
        variant({ ...changes, kernels: sizes }),
      ]),
    ),
  ),
  'depths-2-2-2-2': variant({ depths: [2, 2, 2, 2] }),
  'depths-2-9-2-2': variant({ depths: [2, 9, 2, 2] }),
  // For the maps of a ResNet-50 or Wide-ResNet-50 as they are.
  wide: variant({ dims: [2048, 1024, 512, 256] }),
};
