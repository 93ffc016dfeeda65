import { dirname } from 'node:path';
import { isStrongMaskName, meaningOfGivenFolder } from './folder-meaning.js';

/** Whether an image that is given by its path may be trained on: normal, unless the names of its folders say otherwise. */
export function labelOfPath(path: string): { label?: 'normal' | 'anomaly'; doubt?: string } {
  for (const name of dirname(path).split('/').reverse()) {
    const meaning = meaningOfGivenFolder(name);
    if (meaning === 'normal') break;
    if (meaning === 'anomaly') return { label: 'anomaly', doubt: `defective: ${name}` };
    const masks = meaning === 'mask' && isStrongMaskName(name);
    if (masks || meaning === 'mixed') return { doubt: `its folder is called "${name}"` };
  }
  return { label: 'normal' };
}
