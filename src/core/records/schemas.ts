import { z } from 'zod';

// The single definition of every record on the wire: types, validation, JSON Schema (docs/schemas) and docs follow
// from it. Unknown keys travel on unchanged (looseObject). Import types from here with `import type`: zod costs 50 ms.

const shape = z
  .array(z.int().nonnegative())
  .max(8)
  .describe('Sides, row-major; maps are [H,W], features [H,W,C]');
const dtype = z.enum(['float32', 'float16', 'uint8', 'int32']);

/** A tensor: bytes in a file (raw at an offset, or an entry of a safetensors file) or inline base64, little-endian. */
export const TensorRef = z.union([
  z.object({ dtype, shape, file: z.string(), offset: z.int().nonnegative().default(0) }),
  z.object({ dtype, shape, data: z.base64() }),
]);

const version = z.literal(1);
const hash = z.string().describe('sha256, hex, possibly shortened to 16 digits');

const window = z
  .tuple([z.int(), z.int()])
  .optional()
  .describe('Values of the 16-bit image that became black and white; absent for 8 bits');

/** What is known about one picture; every later record of the same picture carries these fields on. */
const picture = {
  v: version,
  path: z.string().describe('The image file, as given or relative to the working directory'),
  path_b64: z.base64().optional().describe('The bytes of the path when they are not UTF-8'),
  class: z.string().default('default').describe('Product class'),
  split: z.enum(['train', 'test']).optional(),
  label: z.enum(['normal', 'anomaly']).optional().describe('Ground truth, when known'),
  defect: z.string().optional().describe('Kind of defect, "good" for none'),
  mask: z.string().optional().describe('Ground-truth mask file: non-zero is defective'),
};

export const ImageRecord = z.looseObject({ ...picture, type: z.literal('image') });

export const FeatureRecord = z.looseObject({
  ...picture,
  type: z.literal('features'),
  image_hash: hash,
  image_size: z.tuple([z.int(), z.int()]).describe('Original width and height in pixels'),
  input_size: z.tuple([z.int(), z.int()]).describe('Width and height given to the encoder'),
  window,
  encoder: z.object({ name: z.string(), hash }),
  features: z.array(TensorRef).describe('Fine to coarse, each [H,W,C] float32'),
});

export const ScoreRecord = z.looseObject({
  ...picture,
  type: z.literal('score'),
  image_hash: hash.optional(),
  image_size: z.tuple([z.int(), z.int()]).optional(),
  window,
  model: hash.describe('Hash of the model that scored'),
  raw_score: z.number().describe('Before calibration: of most models the maximum of the anomaly map'),
  score: z.number().describe('Calibrated: 0.5 at the threshold, 0..1'),
  threshold: z.number().describe('On the raw score; no limit but a mere scale where "limits" is "none"'),
  verdict: z
    .enum(['ok', 'review', 'ng', 'unknown'])
    .describe('"unknown" where nothing says how good parts of this class score'),
  limits: z
    .enum(['class', 'pooled', 'given', 'none'])
    .optional()
    .describe(
      'Whose limits these are: of the class; of all classes together, which find parts bad but never good; given with --threshold; none',
    ),
  map: TensorRef.nullish().describe('Anomaly map [H,W], raw'),
  map_threshold: z.number().optional().describe('On the raw map: pixels above are defective'),
  ms: z.number().describe('Wall time of this image, milliseconds'),
});

export const Region = z.object({
  area: z.int().describe('Pixels of the map'),
  box: z.tuple([z.int(), z.int(), z.int(), z.int()]).describe('x, y, width, height in map pixels'),
  peak: z.number().describe('Highest raw map value inside'),
  centroid: z.tuple([z.number(), z.number()]).describe('x, y in map pixels'),
});

export const SegmentRecord = z.looseObject({
  ...ScoreRecord.shape,
  type: z.literal('segment'),
  map_threshold: z.number(),
  regions: z.array(Region).describe('8-connected, largest first'),
  area: z.int().describe('Defective pixels of the map'),
  prediction: z.string().optional().describe('Mask PNG that was written'),
  overlay: z.string().optional().describe('Overlay PNG that was written'),
});

const ranking = z.object({
  auroc: z.number().nullable(),
  ap: z.number().nullable(),
  f1max: z.number().nullable(),
});

export const MetricRecord = z.looseObject({
  v: version,
  type: z.literal('metric'),
  class: z.string().describe('Product class, or "mean"'),
  mean_of: z.int().optional().describe('In the mean over classes, and only there: how many they are'),
  protocol: z.enum(['exact', 'ader', 'mvtec']),
  images: z.int(),
  anomalies: z.int(),
  image: ranking,
  pixel: ranking.extend({ aupro: z.number().nullable() }).nullable(),
  mad: z.number().nullable().describe('Mean of the seven metrics'),
  extra: z.record(z.string(), z.number().nullable()).optional(),
});

export const GateRecord = z.looseObject({
  v: version,
  type: z.literal('gate'),
  gate: z.string().describe('The condition'),
  class: z.string(),
  metric: z.string(),
  value: z.number().nullable().describe('What was measured; null where it is undefined'),
  passed: z.boolean(),
  message: z.string().describe('One line for a person'),
});

export const EpochRecord = z.looseObject({
  v: version,
  type: z.literal('epoch'),
  epoch: z.int(),
  step: z.int(),
  loss: z.number(),
  lr: z.number(),
  images_per_second: z.number(),
  elapsed_s: z.number(),
});

export const ModelRecord = z.looseObject({
  v: version,
  type: z.literal('model'),
  path: z.string(),
  model: hash,
  family: z.string(),
  preset: z.string(),
  parameters: z.int(),
  classes: z.array(z.string()),
  images: z.int(),
  steps: z.int(),
  seconds: z.number(),
  loss: z.number(),
});

export const ExportRecord = z.looseObject({
  v: version,
  type: z.literal('export'),
  path: z.string(),
  format: z.enum(['safetensors', 'onnx', 'tfjs']),
  model: hash,
  bytes: z.int(),
  parity: z
    .object({
      images: z.int(),
      classes: z.int().optional().describe('Of the images'),
      anomalies: z.int().optional().describe('Images labelled as defective'),
      map_max_abs: z.number(),
      score_max_abs: z.number(),
      rank_correlation: z.number().optional(),
      verdicts_equal: z.boolean().optional(),
      ok: z.boolean(),
    })
    .optional(),
});

export const CheckRecord = z.looseObject({
  v: version,
  type: z.literal('check'),
  fixture: z.string(),
  engine: z.string().optional(),
  quantity: z.string(),
  max_abs: z.number().nullable(),
  nmse: z.number().nullable(),
  tolerance: z.number().nullable(),
  ok: z.boolean(),
});

export const ErrorRecord = z.looseObject({
  v: version,
  type: z.literal('error'),
  message: z.string(),
  code: z.string(),
  path: z.string().optional(),
  line: z.int().optional(),
});

/** Last record of a stream: tells a clean end from a cut pipe. */
export const EndRecord = z.looseObject({
  v: version,
  type: z.literal('end'),
  command: z.string(),
  in: z.int(),
  out: z.int(),
  skipped: z.int(),
});

export const recordSchemas = {
  image: ImageRecord,
  features: FeatureRecord,
  score: ScoreRecord,
  segment: SegmentRecord,
  metric: MetricRecord,
  gate: GateRecord,
  epoch: EpochRecord,
  model: ModelRecord,
  export: ExportRecord,
  check: CheckRecord,
  error: ErrorRecord,
  end: EndRecord,
};

export type RecordType = keyof typeof recordSchemas;
export type TensorRef = z.infer<typeof TensorRef>;
export type ImageRecord = z.infer<typeof ImageRecord>;
export type FeatureRecord = z.infer<typeof FeatureRecord>;
export type ScoreRecord = z.infer<typeof ScoreRecord>;
export type Region = z.infer<typeof Region>;
export type SegmentRecord = z.infer<typeof SegmentRecord>;
export type MetricRecord = z.infer<typeof MetricRecord>;
export type GateRecord = z.infer<typeof GateRecord>;
export type EpochRecord = z.infer<typeof EpochRecord>;
export type ModelRecord = z.infer<typeof ModelRecord>;
export type ExportRecord = z.infer<typeof ExportRecord>;
export type CheckRecord = z.infer<typeof CheckRecord>;
export type ErrorRecord = z.infer<typeof ErrorRecord>;
export type EndRecord = z.infer<typeof EndRecord>;
export type AnyRecord = { v: 1; type: string; [key: string]: unknown };
