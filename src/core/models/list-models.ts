import { type Cost, type DetectorCost, detectorCost, type EncoderChoice } from './cost.js';
import { describedFamilies, findFamily } from './described-families.js';
import type { DescribedFamily } from './family.js';
import { type PublishedCost, publishedCosts } from './published-costs.js';

/** A count of encoder and detector. */
export interface Counted {
  encoder: number;
  detector: number;
  total: number;
}

/** One preset of a family and what it costs. */
export interface ListedModel {
  family: string;
  preset: string;
  encoder: string;
  /** Trained numbers; null where the training data decides. */
  parameters: Counted | null;
  /** Products and norms for one image, in 10⁹ multiply-accumulates. */
  gmac: Counted | null;
  /** Selective scans for one image, in 10⁹ floating-point operations; published counts leave them out. */
  scanGflop: number | null;
  /** Millions and GMAC; the note says where they count something else. */
  published: { parameters: number; gmac: number | null; note?: string } | null;
  config: unknown;
}

/** What to list, and with which encoder instead of the one that each preset is made for. */
export interface ListOptions extends EncoderChoice {
  family?: string | undefined;
}

/**
 * Every preset of the families that the encoder can feed, counted with it.
 *
 * @throws ConfigError, UsageError for unknown names
 */
export function listModels({ family, ...choice }: ListOptions = {}): ListedModel[] {
  const families = family === undefined ? describedFamilies : [findFamily(describedFamilies, family)];
  return families.flatMap((one) =>
    Object.keys(one.presets).flatMap((preset) => listed(one, preset, choice) ?? []),
  );
}

function listed(family: DescribedFamily<unknown>, preset: string, choice: EncoderChoice): ListedModel | null {
  const config = family.presets[preset];
  const isOwn = choice.encoder === undefined && choice.channels === undefined;
  const published = isOwn ? publishedCosts[family.name]?.[preset] : undefined;
  const cost = detectorCost(family, config, isOwn ? { encoder: published?.encoder } : choice);
  if (cost === null) return null;
  return {
    family: family.name,
    preset,
    encoder: cost.encoder.name,
    ...totals(cost),
    published: published ? inNumbers(published) : null,
    config,
  };
}

function totals({ encoder, detector }: DetectorCost): Pick<ListedModel, 'parameters' | 'gmac' | 'scanGflop'> {
  if (detector === null) return { parameters: null, gmac: null, scanGflop: null };
  const both = (of: (cost: Cost) => number): Counted => {
    const [first, second] = [of(encoder), of(detector)];
    return { encoder: first, detector: second, total: first + second };
  };
  return {
    parameters: both((cost) => cost.parameters),
    gmac: both(({ operations: { products, norms } }) => (products + norms) / 1e9),
    scanGflop: detector.operations.scans / 1e9,
  };
}

function inNumbers({ parameters, gmac, besides }: PublishedCost): ListedModel['published'] {
  return {
    parameters: Number(parameters),
    gmac: gmac === null ? null : Number(gmac),
    ...(besides && { note: besides.note }),
  };
}
