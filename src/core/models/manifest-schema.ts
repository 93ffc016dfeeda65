import { z } from 'zod';

// What model.json and the metadata of exported files may hold. Sizes are bounded, because memory is allocated by them;
// keys that are not named here travel on (looseObject).

const text = z.string().max(1000);
const side = z.int().min(1).max(65_536);
const sample = z.int().min(0).max(65_535);
const rate = z.number().gt(0).lt(1);

/** Values of a map that an image may have: 1 GiB of float32. */
const mostValues = 2 ** 28;

const limits = z.looseObject({
  n: z.int().nonnegative(),
  method: text,
  threshold: z.number(),
  review: z.number(),
  scale: z.number().positive(),
  fprBound: z.number().min(0).max(1),
  mapThreshold: z.number(),
  quantiles: z.array(z.number()).max(1001),
});

const calibration = z.looseObject({
  targetFpr: rate,
  reviewFpr: rate.nullable(),
  pixelFpr: rate,
  confidence: rate,
  classes: z.array(z.looseObject({ class: z.string(), limits })).max(100_000),
  pooled: limits,
});

const features = z
  .array(z.tuple([side, side, side]))
  .min(1)
  .max(16)
  .refine((shapes) => shapes.every(([h, w, c]) => h * w * c <= mostValues), 'larger than any feature map');

/** What scoring goes by: see `ScoringManifest`. */
export const scoringManifest = z.looseObject({
  model: z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hex digits'),
  encoder: z.looseObject({ name: text, hash: text }),
  input_size: z.tuple([side, side]),
  // The values of 16-bit images that become black and white.
  window: z
    .tuple([sample, sample])
    .refine(([lowest, highest]) => lowest < highest, 'expected a lower value first')
    .optional(),
  // Its square is allocated for every image.
  map_size: z.int().min(1).max(4096),
  classes: z.array(z.string()).max(100_000),
  calibration,
});

/** `model.json`; the family knows what its config may be. */
export const modelManifest = scoringManifest
  .extend({
    format: z.literal('mambaad-model'),
    version: z.literal(1),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')
      .optional(),
    family: text,
    preset: text,
    config: z.looseObject({}),
    features,
    feature_scale: z.array(z.number().positive()),
    top_share: z.number().gt(0).max(1).optional(),
    provenance: z.looseObject({}),
  })
  .refine((manifest) => manifest.feature_scale.length === manifest.features.length, {
    path: ['feature_scale'],
    message: 'expected one divisor for each of the features',
  });
