/**
 * Brings the tensors of a published checkpoint to the names that the specs declare (docs/algorithms.md 1.7): buffers
 * that carry no weights go, ADer's `conv1b3`/`conv1a3` become `conv1b7`/`conv1a7` (the branch of kernel 7 either way),
 * and its dead `conv33` branch goes.
 */
export function canonicalNames<T>(tensors: ReadonlyMap<string, T>): Map<string, T> {
  const result = new Map<string, T>();
  for (const [name, tensor] of tensors) {
    if (name.endsWith('.num_batches_tracked') || /\.scans\.index_flat/.test(name)) continue;
    if (isDeadBranch(name, tensors)) continue;
    result.set(aliased(name, tensors), tensor);
  }
  return result;
}

/** A kernel of 3 beside one of 7 with only one pair of 1×1 convolutions between them: nothing reads it. */
function isDeadBranch(name: string, tensors: ReadonlyMap<string, unknown>): boolean {
  const match = /^(.*\.)?conv33\.0\.weight$/.exec(name);
  if (!match) return false;
  const [, scope = ''] = match;
  const has = (other: string) => tensors.has(`${scope}${other}.0.weight`);
  return has('conv77') && has('conv1b3') !== has('conv1b7');
}

function aliased(name: string, tensors: ReadonlyMap<string, unknown>): string {
  const match = /^(.*\.)?(conv1[ab])3\.0\.(weight|bias)$/.exec(name);
  if (!match) return name;
  const [, scope = '', branch, part] = match;
  const isKernelSeven =
    tensors.has(`${scope}conv77.0.weight`) && !tensors.has(`${scope}${branch}7.0.${part}`);
  return isKernelSeven ? `${scope}${branch}7.0.${part}` : name;
}
