export { bindImage, bindParameters, bindProjected, configure, tilesPerPath } from './tile.as';
export { forward, forwardWork } from './forward.as';
export { backward, backwardWork, bindGradients } from './backward.as';
