import { describe, expect, test } from 'vitest';
import { type DetectorCost, detectorCost } from '../../../src/core/models/cost.js';
import { describedFamilies, findFamily } from '../../../src/core/models/described-families.js';
import {
  efficientNetB4,
  efficientNetSpecs,
  stages,
} from '../../../src/core/models/encoders/efficientnet-b4.js';
import { mambaad } from '../../../src/core/models/mambaad/detector.js';
import { publishedCosts } from '../../../src/core/models/published-costs.js';
import { pyramidMamba } from '../../../src/core/models/pyramid-mamba/detector.js';
import { rd4ad } from '../../../src/core/models/rd4ad/detector.js';
import type { ParameterSpec } from '../../../src/core/nn/parameter.js';
import { CountOps } from '../../../src/core/ops/count-ops.js';
import { sizeOf } from '../../../src/core/tensor.js';

const parameters = ({ encoder, detector }: DetectorCost) => encoder.parameters + detector!.parameters;
const products = ({ encoder, detector }: DetectorCost) =>
  [encoder, detector!].reduce((sum, { operations: o }) => sum + o.products + o.norms, 0);
const costOf = (family: string, preset: string, encoder?: string) => {
  const found = findFamily(describedFamilies, family);
  return detectorCost(found, found.presets[preset], { encoder })!;
};

/** A number in as many decimals as another is printed in. */
const printedLike = (value: number, printed: string) => value.toFixed((printed.split('.')[1] ?? '').length);

describe('against the published counts', () => {
  const rows = Object.entries(publishedCosts).flatMap(([family, presets]) =>
    Object.entries(presets).map(([preset, published]) => ({ family, preset, published })),
  );

  test.each(rows)('$family $preset: agrees to the last printed digit', ({ family, preset, published }) => {
    const { besides, encoder, gmac, parameters: millions } = published;
    const cost = costOf(family, preset, encoder);
    expect(printedLike((parameters(cost) + (besides?.parameters ?? 0)) / 1e6, millions)).toBe(millions);
    if (gmac === null) return;
    expect(printedLike((products(cost) + (besides?.products ?? 0)) / 1e9, gmac)).toBe(gmac);
  });

  test('the figures that people know: 25.67, 23.05, 80.61 and 24.52 M, 8.30 GMAC', () => {
    const known = Object.values(publishedCosts).map(({ paper }) => Number(paper!.parameters).toFixed(2));
    expect(known).toEqual(['25.67', '23.05', '80.61', '24.52']);
    expect(Number(publishedCosts.mambaad!.paper!.gmac)).toBe(8.3);
  });

  test('MambaAD: encoder, bottleneck and decoder are those of the log, which has tables and dead weights besides', () => {
    const cost = costOf('mambaad', 'paper');
    expect(cost.encoder).toMatchObject({ name: 'resnet34', parameters: 8_170_304 });
    const encoderOnly = { ...cost, detector: { parameters: 0, operations: new CountOps().operations } };
    expect(products(encoderOnly) / 1e9).toBeCloseTo(3.955, 3);
    expect(cost.detector!.parameters).toBe(1_458_304 + 15_986_624);
    // Parameters of the log as a whole number (docs/algorithms.md 1.10).
    expect(parameters(cost) + publishedCosts.mambaad!.paper!.besides!.parameters!).toBe(25_666_624);
    expect(cost.detector!.operations.scans / 1e9).toBeCloseTo(4.45, 2);
  });

  test('Pyramid-Mamba: the decoder is smaller by half of the directions', () => {
    const cost = costOf('pyramid-mamba', 'paper');
    expect(parameters(cost)).toBe(13_419_456 + 8_170_304 + 1_458_304);
  });

  test('UniAD: what the published count adds are the stages behind the encoder’s last map', () => {
    const unused = size(efficientNetSpecs(stages)) - size(efficientNetB4.parameters);
    expect(publishedCosts.uniad!.paper!.besides!.parameters).toBe(unused);
  });
});

const size = (specs: readonly ParameterSpec[]) =>
  specs.filter((spec) => spec.trainable).reduce((sum, spec) => sum + sizeOf(spec.shape), 0);

test('directions cost what their projections and scans cost', () => {
  const config = mambaad.presets.paper!;
  const [two, four, eight] = [2, 4, 8].map((directions) => {
    const { detector } = detectorCost(mambaad, { ...config, directions })!;
    return detector!;
  });
  expect(eight!.operations.scans).toBe(4 * two!.operations.scans);
  expect(eight!.parameters - four!.parameters).toBe(2 * (four!.parameters - two!.parameters));
});

test('images of half the side cost a quarter', () => {
  const config = mambaad.presets.paper!;
  const [small, usual] = ([128, 256] as const).map((side) => {
    return detectorCost(mambaad, config, { inputSize: [side, side] })!;
  });
  expect(products(small!)).toBe(products(usual!) / 4);
  expect(parameters(small!)).toBe(parameters(usual!));
});

test('an encoder whose maps are too narrow for a config is not counted with it', () => {
  expect(detectorCost(rd4ad, rd4ad.presets.paper!, { encoder: 'resnet34' })).toBeNull();
  expect(
    detectorCost(pyramidMamba, pyramidMamba.presets.paper!, { encoder: 'wide_resnet50_2' }),
  ).not.toBeNull();
});

test('a bank is counted by its size, and not at all where the data decides it', () => {
  const bank = findFamily(describedFamilies, 'memory-bank');
  const small = { ...(bank.presets.small as object), coreset: 1000 };
  const cost = detectorCost(bank, small, { encoder: 'wide_resnet50_2', channels: [64, 128, 256] })!;
  expect(cost.detector).toMatchObject({
    parameters: 1000 * (128 + 256),
    operations: { products: 32 * 32 * 1000 * (128 + 256) },
  });
  const fitted = { ...(bank.presets.paper as object), rows: 500 };
  expect(detectorCost(bank, fitted, { encoder: 'wide_resnet50_2' })!.detector!.parameters).toBe(
    500 * (512 + 1024),
  );
  expect(detectorCost(bank, bank.presets.paper)!.detector).toBeNull();
});

test('shapes come out as an engine computes them', () => {
  const ops = new CountOps();
  expect(ops.convTranspose2d([1, 4, 4, 8], [2, 2, 5, 8], { stride: 2 })).toEqual([1, 8, 8, 5]);
  expect(ops.conv2d([1, 7, 7, 3], [3, 3, 3, 4], { stride: 2, pad: 1 })).toEqual([1, 4, 4, 4]);
  expect(ops.reshape([2, 6, 4], [-1, 3, 4])).toEqual([4, 3, 4]);
  expect(ops.matMul([5, 2, 3], [1, 7, 3], false, true)).toEqual([5, 2, 7]);
  expect(ops.mean([2, 3, 4], [1], true)).toEqual([2, 1, 4]);
  expect(ops.operations.products).toBe(4 * 4 * 8 * 2 * 2 * 5 + 4 * 4 * 4 * 27 + 5 * 2 * 7 * 3);
});
