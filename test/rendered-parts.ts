import { existsSync } from 'node:fs';
import { mkdtemp, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesise } from '../src/core/synth/synthesise.js';

const classes = ['capsule', 'gear'];

/**
 * A folder of rendered parts in the MVTec layout, for tests that need pictures with something on them: classes `capsule`
 * and `gear`, each with three good training images and, to test, two good and three defective ones with masks. It is
 * rendered once a run, by whichever test file asks first, and goes with the run's temporary folder.
 */
export async function renderedParts(): Promise<string> {
  const folder = join(tmpdir(), 'rendered-parts');
  if (existsSync(folder)) return folder;
  const own = await mkdtemp(join(tmpdir(), 'rendering-'));
  const options = { out: own, seed: 5, trainPerClass: 3, testPerClass: 5, size: 256, classes };
  for await (const _ of synthesise(options));
  // Of two files that render at the same time one comes too late, and takes the other's.
  await rename(own, folder).catch((error) => {
    if (!existsSync(folder)) throw error;
  });
  return folder;
}

/** A good and a defective image of the rendered gears, and the mask of the latter. */
export async function renderedGears(): Promise<{ good: string; bad: string; mask: string }> {
  const gears = join(await renderedParts(), 'gear');
  return {
    good: join(gears, 'test', 'good', '000.png'),
    bad: join(gears, 'test', 'broken_teeth', '000.png'),
    mask: join(gears, 'ground_truth', 'broken_teeth', '000_mask.png'),
  };
}
