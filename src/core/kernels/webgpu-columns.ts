import { bindings, flatGroups, flatHead } from './webgpu-shader.js';

/** A tensor seen as `[groups, rows, channels]`, of which rows are summed. */
export interface Columns {
  readonly groups: number;
  readonly rows: number;
  readonly channels: number;
}

/** Two sums over rows, as WGSL expressions of `at` (the element), `row` (in the group), `c`, and `column` = group · C + c. */
export interface ColumnTerms {
  /** Names of the buffers that the expressions read. */
  readonly inputs: readonly string[];
  /** WGSL before `main`. */
  readonly functions?: string;
  readonly first: string;
  readonly second: string;
}

// Eight neighbours fill the 32 bytes that memory gives at once; 32 rows of them fill a workgroup.
const tile = 8;
const together = 32;
// Of each thread; fewer would be more partial sums to add up.
const rowsPerThread = 64;

function chunksOf({ rows }: Columns): number {
  return Math.ceil(rows / (together * rowsPerThread));
}

/** Workgroups of `columnSums`. */
export function columnGroups(columns: Columns): [number, number, number] {
  return [Math.ceil(columns.channels / tile), chunksOf(columns), columns.groups];
}

/** Shader of partial sums `[chunks, 2, groups · C]` into its last buffer. */
export function columnSums(columns: Columns, { inputs, functions = '', first, second }: ColumnTerms): string {
  const { groups, rows, channels } = columns;
  const names = [...inputs, '*parts'].map((name) => [name, 'array<f32>'] as const);
  const perChunk = together * rowsPerThread;
  return `
${bindings(...names)}
${functions}
var<workgroup> sums: array<vec2f, ${tile * together}>;
@compute @workgroup_size(${tile * together})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let c = group.x * ${tile}u + thread % ${tile}u;
  let column = group.z * ${channels}u + c;
  let begin = group.y * ${perChunk}u;
  let end = select(0u, min(begin + ${perChunk}u, ${rows}u), c < ${channels}u);
  var sum = vec2f(0.0);
  for (var row = begin + thread / ${tile}u; row < end; row += ${together}u) {
    let at = (group.z * ${rows}u + row) * ${channels}u + c;
    sum += vec2f(${first}, ${second});
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var stride = ${together / 2}u; stride > 0u; stride /= 2u) {
    if (thread / ${tile}u < stride) { sums[thread] += sums[thread + stride * ${tile}u]; }
    workgroupBarrier();
  }
  if (thread < ${tile}u && c < ${channels}u) {
    let to = group.y * ${2 * groups * channels}u + column;
    parts[to] = sums[thread].x;
    parts[to + ${groups * channels}u] = sums[thread].y;
  }
}`;
}

/** Floats of the partial sums, and workgroups of `finishColumns`. */
export function finishGroups(columns: Columns): { floats: number; workgroups: [number, number, number] } {
  const { groups, channels } = columns;
  return {
    floats: chunksOf(columns) * 2 * groups * channels,
    workgroups: flatGroups(groups * channels),
  };
}

/** Shader that adds the partial sums of the first and of the second term: a buffer `[groups · C]` each. */
export function finishColumns(columns: Columns): string {
  const width = columns.groups * columns.channels;
  return `
${bindings(['parts', 'array<f32>'], ['*first', 'array<f32>'], ['*second', 'array<f32>'])}
${flatHead(width)}
  var sum = vec2f(0.0);
  for (var chunk = 0u; chunk < ${chunksOf(columns)}u; chunk++) {
    let at = chunk * ${2 * width}u + i;
    sum += vec2f(parts[at], parts[at + ${width}u]);
  }
  first[i] = sum.x;
  second[i] = sum.y;
}`;
}
