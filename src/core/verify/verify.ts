import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { InputMissingError, UnavailableError } from '../errors.js';
import type { Check } from './check.js';
import { Fixture } from './fixture.js';
import type { FixtureKind } from './kind.js';
import { anomalyMapKind } from './kinds/anomaly-map.js';
import { lssKind, patchExpandKind, ss2dKind } from './kinds/blocks.js';
import { decoderKind } from './kinds/decoder.js';
import { resnet34Kind, resnet50KerasKind } from './kinds/encoders.js';
import { featureFusion } from './kinds/feature-fusion.js';
import { metricsKind } from './kinds/metrics.js';
import { resizeKind } from './kinds/pixels.js';
import { rd4adKind } from './kinds/rd4ad.js';
import { scanOrders } from './kinds/scan-orders.js';
import { selectiveScanKind } from './kinds/selective-scan.js';
import { trainSteps } from './kinds/train-steps.js';
import { uniadKind } from './kinds/uniad.js';

const kinds: readonly FixtureKind[] = [
  scanOrders,
  selectiveScanKind,
  ss2dKind,
  lssKind,
  patchExpandKind,
  featureFusion,
  trainSteps,
  decoderKind,
  rd4adKind,
  uniadKind,
  anomalyMapKind,
  metricsKind,
  resizeKind,
  resnet34Kind,
  resnet50KerasKind,
];

/** The checks of one fixture file; `kind` is null for a file that no kind recognises. */
export interface Verification {
  fixture: string;
  path: string;
  kind: string | null;
  checks: Check[];
  /** Why there are no checks: what the fixture needs is not on this machine. */
  unavailable?: string;
}

/**
 * Checks parity fixtures on the engine that is open.
 *
 * @param paths fixture files, or folders of them
 * @throws InputMissingError when there is no fixture at a path
 */
export async function* verifyFixtures(paths: readonly string[]): AsyncGenerator<Verification> {
  for (const path of paths) {
    for (const file of await fixtureFiles(path)) {
      const fixture = await Fixture.open(file);
      const kind = kinds.find((candidate) => candidate.matches(fixture));
      yield {
        fixture: fixture.name,
        path: file,
        kind: kind?.name ?? null,
        ...(await checked(fixture, kind)),
      };
    }
  }
}

async function checked(
  fixture: Fixture,
  kind: FixtureKind | undefined,
): Promise<Pick<Verification, 'checks' | 'unavailable'>> {
  try {
    return { checks: (await kind?.check(fixture)) ?? [] };
  } catch (error) {
    if (error instanceof UnavailableError) return { checks: [], unavailable: error.message };
    throw error;
  }
}

/** A JSON file beside a safetensors file of the same name is its companion, not a fixture. */
async function fixtureFiles(path: string): Promise<string[]> {
  const facts = await stat(path).catch(() => null);
  if (!facts)
    throw new InputMissingError(`${path}: no such file or folder; give a parity fixture or a folder of them`);
  if (!facts.isDirectory()) return [path]; // what else it may be, opening it tells
  const names = (await readdir(path)).sort();
  const files = names.filter(
    (name) =>
      extname(name) === '.safetensors' ||
      (extname(name) === '.json' && !names.includes(name.replace(/\.json$/, '.safetensors'))),
  );
  if (files.length === 0)
    throw new InputMissingError(`${path}: holds no parity fixture (*.safetensors, *.json)`);
  return files.map((name) => join(path, name));
}
