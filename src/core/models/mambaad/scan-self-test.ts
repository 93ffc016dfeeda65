import { DataError } from '../../errors.js';
import { type StoredTensor, toFloat32 } from '../../files/safetensors.js';
import { curve, type ScanType, scanTypes } from '../../scan/curves.js';
import type { MambaConfig } from './config.js';

const buffer = /\.scans\.index_flat(_inv)?([12]?)$/;

/**
 * Holds the scan orders that a published checkpoint carries as buffers against those of a config (docs/algorithms.md
 * 1.7).
 *
 * @returns how many orders were compared; 0 for a checkpoint without such buffers, or a mixture of scans
 * @throws DataError naming the scan that the checkpoint was trained with
 */
export function testScanOrders(
  tensors: ReadonlyMap<string, StoredTensor>,
  config: MambaConfig,
  source: string,
): number {
  const wanted = config.scan;
  if (!scanTypes.includes(wanted as ScanType)) return 0;
  let compared = 0;
  for (const [name, tensor] of tensors) {
    const match = buffer.exec(name);
    if (!match) continue;
    const order = toFloat32(tensor);
    const side = Math.sqrt(order.length);
    const isInverse = match[1] !== undefined;
    compared++;
    if (isOrder(wanted as ScanType, side, isInverse, order)) continue;
    const actual = scanTypes.find((type) => isOrder(type, side, isInverse, order));
    throw new DataError(
      actual
        ? `${source}: ${name} is the order of a ${actual} scan, the config says ${wanted}; add --config scan=${actual}`
        : `${source}: ${name} is none of the orders ${scanTypes.join(', ')}; this network was trained with another scan`,
    );
  }
  return compared;
}

/** The side of the coarsest map that a checkpoint's buffers tell; undefined without them. */
export function coarsestSide(tensors: ReadonlyMap<string, StoredTensor>): number | undefined {
  const lengths = [...tensors]
    .filter(([name]) => name.endsWith('.scans.index_flat'))
    .map(([, { data }]) => data.length);
  return lengths.length > 0 ? Math.sqrt(Math.min(...lengths)) : undefined;
}

function isOrder(type: ScanType, side: number, isInverse: boolean, order: Float32Array): boolean {
  if (!Number.isInteger(side) || (needsPowerOfTwo.has(type) && !Number.isInteger(Math.log2(side))))
    return false;
  const walk = curve(type, side);
  return isInverse
    ? walk.every((pixel, t) => order[pixel] === t)
    : walk.every((pixel, t) => order[t] === pixel);
}

const needsPowerOfTwo = new Set<ScanType>(['hilbert', 'zorder']);
