import { join } from 'node:path';
import { homeFolder, ownFolder } from '../home-folder.js';

/**
 * Where this product keeps what it fetched: `MAMBAAD_HOME`, else the user's data folder by the rules of the platform
 * (XDG base directories on Unix).
 *
 * @throws InputMissingError where neither names a folder and the user has no home
 */
export function dataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32' && !environment.MAMBAAD_HOME) {
    const local = environment.LOCALAPPDATA ?? join(homeFolder('MAMBAAD_HOME'), 'AppData', 'Local');
    return join(local, 'mambaad');
  }
  return ownFolder({ own: 'MAMBAAD_HOME', xdg: 'XDG_DATA_HOME', below: ['.local', 'share'] }, environment);
}

/** The one file of an encoder's weights. */
export function encoderWeightsPath(name: string, dir: string = dataFolder()): string {
  return join(dir, 'encoders', `${name}.safetensors`);
}
