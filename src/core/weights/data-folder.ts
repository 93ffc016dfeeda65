import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where this product keeps what it fetched: `MAMBAAD_HOME`, else the user's data folder by the rules of the platform
 * (XDG base directories on Unix).
 */
export function dataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.MAMBAAD_HOME) return environment.MAMBAAD_HOME;
  if (process.platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'mambaad');
  }
  return join(environment.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'mambaad');
}

/** The one file of an encoder's weights. */
export function encoderWeightsPath(name: string, dir: string = dataFolder()): string {
  return join(dir, 'encoders', `${name}.safetensors`);
}
