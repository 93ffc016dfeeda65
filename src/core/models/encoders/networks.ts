import { UsageError } from '../../errors.js';
import { didYouMean } from '../../nearest-name.js';
import { efficientNetB4 } from './efficientnet-b4.js';
import type { EncoderNetwork } from './encoder-network.js';
import { resnet34, wideResnet50 } from './residual-network.js';
import { resnet50Keras } from './resnet50-keras.js';

/** Every encoder there is; the first whose weights are present is the default. */
export const encoderNetworks: readonly EncoderNetwork[] = [
  resnet34,
  resnet50Keras,
  wideResnet50,
  efficientNetB4,
];

/** @throws UsageError naming the encoders there are */
export function encoderNetwork(name: string): EncoderNetwork {
  const network = encoderNetworks.find((candidate) => candidate.name === name);
  if (!network) {
    const names = encoderNetworks.map((candidate) => candidate.name).join(', ');
    const near = didYouMean(
      name,
      encoderNetworks.map((candidate) => candidate.name),
    );
    throw new UsageError(`unknown encoder "${name}": choose one of ${names}${near}`);
  }
  return network;
}
