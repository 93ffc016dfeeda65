/** Declares storage buffers in binding order; a name with a star may be written. */
export function bindings(...declarations: (readonly [name: string, type: string])[]): string {
  return declarations
    .map(([name, type], i) => {
      const access = name.startsWith('*') ? 'read_write' : 'read';
      return `@group(0) @binding(${i}) var<storage, ${access}> ${name.replace('*', '')}: ${type};`;
    })
    .join('\n');
}

const workgroup = 256;
const widestGrid = 65_535;

/** A grid over `count` threads, folded into two dimensions where one would be too wide. */
export function flatGroups(count: number): [number, number, number] {
  const groups = Math.ceil(count / workgroup);
  return [Math.min(groups, widestGrid), Math.ceil(groups / widestGrid), 1];
}

/** Head of a shader in which thread `i` of `count` has the element i; its grid is `flatGroups`. */
export function flatHead(count: number): string {
  return `
@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * ${widestGrid}u + group.x) * ${workgroup}u + lane;
  if (i >= ${count}u) { return; }`;
}
