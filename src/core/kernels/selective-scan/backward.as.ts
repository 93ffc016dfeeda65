import { DB, DC, TRACE, backBlock, carriedGrads, da, dBias, dd, deltas, dys, layoutBackward, traces, us } from './backward-block.as';
import {
  D, K, N, PANEL, ROW,
  addRow, copyPadded, gather, loadParameters, pixelAt, segment, smaller, storeRow, tileStart, tileSteps, tilesPerPath, workEnd,
} from './tile.as';

/** Bytes of work memory for `backward`, after `configure`. */
export function backwardWork(): usize {
  layoutBackward(0);
  return workEnd + 64;
}

let duAt: usize, dDeltaAt: usize, dbAt: usize, dcAt: usize, daAt: usize, ddAt: usize, dBiasAt: usize, dyAt: usize;

/** Where the gradients of one image go; those of the parameters are added to. */
export function bindGradients(dy: usize, du: usize, dDelta: usize, db: usize, dc: usize, dA: usize, dD: usize, bias: usize): void {
  dyAt = dy;
  duAt = du;
  dDeltaAt = dDelta;
  dbAt = db;
  dcAt = dc;
  daAt = dA;
  ddAt = dD;
  dBiasAt = bias;
}

/**
 * Gradients of channels `[first, last)` of the bound image, tile by tile from the end: each tile is run forwards once
 * more from its checkpoint, keeping its decays, and then backwards. ∂delta is written, all others are added to.
 */
export function backward(first: usize, last: usize, work: usize, checkpoints: usize): void {
  layoutBackward(work);
  const tiles = tilesPerPath();
  const allBlocks = (D + 3) >> 2;
  for (let k: usize = 0; k < K; k++) {
    for (let panel = first; panel < last; panel += PANEL) {
      const width = smaller(PANEL, last - panel);
      const blocks = (width + 3) >> 2;
      loadParameters(k, panel, width);
      memory.fill(da, 0, PANEL * N * 4);
      memory.fill(dd, 0, ROW);
      memory.fill(dBias, 0, ROW);
      for (let tile = tiles; tile-- > 0; ) {
        const t = tileStart(tile);
        if ((t + tileSteps(t)) % segment == 0) memory.fill(carriedGrads, 0, PANEL * N * 4);
        backTile(k, t, panel, width, blocks, checkpoints + ((k * tiles + tile) * allBlocks + (panel >> 2)) * N * 16);
      }
      storeParameterGradients(k * D + panel, width);
    }
  }
}

function backTile(k: usize, t: usize, panel: usize, width: usize, blocks: usize, checkpoint: usize): void {
  const count = tileSteps(t);
  gather(k, t, count, panel, width, deltas, us);
  for (let i: usize = 0; i < count; i++) copyPadded(dys + i * ROW, dyAt + (pixelAt(k, t + i) * D + panel) * 4, width);
  memory.fill(traces, 0, count * N * TRACE);
  for (let block: usize = 0; block < blocks; block++) backBlock(count, block, checkpoint);
  for (let i: usize = 0; i < count; i++) {
    const pixel = pixelAt(k, t + i);
    storeRow(dDeltaAt + ((pixel * K + k) * D + panel) * 4, deltas + i * ROW, width);
    addRow(duAt + (pixel * D + panel) * 4, us + i * ROW, width);
    reduceLanes(dbAt + (pixel * K + k) * N * 4, traces + i * N * TRACE + DB);
    reduceLanes(dcAt + (pixel * K + k) * N * 4, traces + i * N * TRACE + DC);
  }
}

/** Adds the four lanes of one vector of each of N traces to a row of N floats. */
function reduceLanes(to: usize, lanes: usize): void {
  for (let n: usize = 0; n < N; n++) {
    const x = v128.load(lanes + n * TRACE);
    const y = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
    store<f32>(to + n * 4, load<f32>(to + n * 4) + f32x4.extract_lane(y, 0) + f32x4.extract_lane(y, 1));
  }
}

function storeParameterGradients(row: usize, width: usize): void {
  addRow(ddAt + row * 4, dd, width);
  addRow(dBiasAt + row * 4, dBias, width);
  for (let i: usize = 0; i < width; i++) {
    const from = da + (i >> 2) * N * 16 + (i & 3) * 4;
    const to = daAt + (row + i) * N * 4;
    for (let n: usize = 0; n < N; n++) store<f32>(to + n * 4, load<f32>(to + n * 4) + load<f32>(from + n * 16));
  }
}
