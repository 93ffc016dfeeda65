/** Millions of parameters and GMAC in the digits that were published, encoder included. */
export interface PublishedCost {
  parameters: string;
  gmac: string | null;
  /** Where it is another than the one whose maps fit. */
  encoder?: string;
  /** Where the publication counts something else than a detector at work. */
  besides?: Besides;
}

/** To be added to our counts to arrive at the published ones. */
export interface Besides {
  parameters?: number;
  products?: number;
  /** Why, in a sentence for a person. */
  note: string;
}

// docs/algorithms.md 1.10.
const mambaLog: Besides = {
  parameters: 39_296 + 12_096,
  note: 'the published count adds 39,296 scan indices and 12,096 weights of a branch that never runs',
};

const pyramid: Besides = {
  note: 'the authors state no count; 23.05 M is what the published code adds up to',
};

const uniadLog: Besides = {
  parameters: 13_106_232,
  // Twelve attentions of 256 tokens with width 256: fvcore knows no baddbmm, which PyTorch adds a mask with.
  products: -12 * 256 ** 2 * 256,
  note: 'the published count adds 13,106,232 weights of encoder stages that UniAD does not use, and leaves out 0.201 GMAC of attention',
};

/**
 * Published counts by family and preset: the logs of the ADer benchmark where there is one, else the paper's ablation
 * tables (docs/algorithms.md 1.10, 1.11), which print one decimal, and none for Wide-ResNet-50.
 */
export const publishedCosts: Readonly<Record<string, Readonly<Record<string, PublishedCost>>>> = {
  mambaad: {
    paper: { parameters: '25.667', gmac: '8.300', besides: mambaLog },
    'local-only': { parameters: '13.0', gmac: '5.0' },
    'global-only': { parameters: '22.5', gmac: '7.5' },
    'depths-2-2-2-2': { parameters: '20.0', gmac: '6.5' },
    'depths-2-9-2-2': { parameters: '26.1', gmac: '7.9' },
    wide: { parameters: '268', gmac: '68.1', encoder: 'wide_resnet50_2' },
  },
  'pyramid-mamba': { paper: { parameters: '23.05', gmac: null, besides: pyramid } },
  rd4ad: { paper: { parameters: '80.61', gmac: '28.435' } },
  uniad: { paper: { parameters: '24.522', gmac: '3.364', besides: uniadLog } },
};
