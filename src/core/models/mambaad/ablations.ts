import { type MambaConfig, paperConfig } from './config.js';

const variant = (changes: Partial<MambaConfig>): MambaConfig => ({ ...paperConfig, ...changes });

const mixtures = [
  'zigzag4+hilbert4',
  'zorder4+hilbert4',
  'scan4+hilbert4',
  'sweep4+hilbert4',
  'scan2+zorder2+zigzag2+hilbert2',
];

/** The rows of the paper's ablation tables (ALGORITHMS 1.11); what a name does not say is as in `paper`. */
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
  'kernels-3-5': variant({ kernels: [3, 5] }),
  'kernels-3-5-7': variant({ kernels: [3, 5, 7] }),
  'depths-2-2-2-2': variant({ depths: [2, 2, 2, 2] }),
  'depths-2-9-2-2': variant({ depths: [2, 9, 2, 2] }),
  // For the maps of a ResNet-50 or Wide-ResNet-50 as they are.
  wide: variant({ dims: [2048, 1024, 512, 256] }),
};
