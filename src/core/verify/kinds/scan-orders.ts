import { createHash } from 'node:crypto';
import { curve, type ScanType } from '../../scan/curves.js';
import { visitingOrder } from '../../scan/directions.js';
import { type Check, compareAbsolute } from '../check.js';
import type { FixtureKind } from '../kind.js';

interface GoldenOrder {
  base?: number[];
  visits?: number[][];
  base_sha256_le_u32?: string;
  visits_sha256_le_u32?: string;
}

type Golden = { sizes: Record<string, Record<string, GoldenOrder>> };

/** The scan curves and their eight visiting orders: exact, small ones listed and large ones hashed. */
export const scanOrders: FixtureKind = {
  name: 'scan-orders',
  matches: ({ json }) => typeof json === 'object' && json !== null && 'sizes' in json,
  check({ json }) {
    const { sizes } = json as Golden;
    return Object.entries(sizes).flatMap(([size, types]) =>
      Object.entries(types).flatMap(([type, golden]) => checkOrder(type as ScanType, Number(size), golden)),
    );
  },
};

function checkOrder(type: ScanType, n: number, golden: GoldenOrder): Check[] {
  const base = curve(type, n);
  const visits = visitingOrder(type, 8, n).indices;
  const label = `${type}-${n}`;
  const checks: Check[] = [];
  if (golden.base) checks.push(compareAbsolute(`${label}.base`, base, golden.base, 0));
  if (golden.visits) checks.push(compareAbsolute(`${label}.visits`, visits, golden.visits.flat(), 0));
  if (golden.base_sha256_le_u32) checks.push(compareHash(`${label}.base`, base, golden.base_sha256_le_u32));
  if (golden.visits_sha256_le_u32)
    checks.push(compareHash(`${label}.visits`, visits, golden.visits_sha256_le_u32));
  return checks;
}

function compareHash(quantity: string, order: Int32Array, expected: string): Check {
  const bytes = Buffer.alloc(4 * order.length);
  order.forEach((pixel, t) => {
    bytes.writeUInt32LE(pixel, 4 * t);
  });
  const ok = createHash('sha256').update(bytes).digest('hex') === expected;
  return { quantity, maxAbs: ok ? 0 : null, nmse: ok ? 0 : null, tolerance: 0, ok };
}
