import { scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import { dropPathRate, lssLayout, type MambaConfig } from './config.js';
import { lss, lssSpecs } from './lss.js';
import { patchExpand, patchExpandSpecs } from './patch-expand.js';

/** Tensors of the Mamba decoder (`net_s` of the published checkpoint). */
export function decoderSpecs(config: MambaConfig): ParameterSpec[] {
  return config.dims.flatMap((channels, stage) => {
    const { modules, blocks } = lssLayout(config.depths[stage]!, config);
    const expand =
      stage === 0
        ? []
        : scoped(`layers_up.${stage}.upsample`, patchExpandSpecs(config.dims[stage - 1]!, channels));
    const lssModules = Array.from({ length: modules }, (_, module) =>
      scoped(`layers_up.${stage}.blocks.${module}`, lssSpecs({ channels, blocks }, config)),
    );
    return [...expand, ...lssModules.flat()];
  });
}

/**
 * The student: bottleneck map `[B,h,w,dims[0]]` → reconstructions of the teacher's maps, fine to coarse
 * (MambaAD section 3.1; docs/algorithms.md 1.4). The first stage's output is not among them.
 */
export function decode<T>(ops: Ops<T>, w: Weights<T>, bottleneck: T, config: MambaConfig): T[] {
  const outputs: T[] = [];
  let x = bottleneck;
  for (let stage = 0; stage < config.dims.length; stage++) {
    const layer = w.in(`layers_up.${stage}`);
    if (stage > 0) x = patchExpand(ops, layer.in('upsample'), x);
    const { modules, blocks } = lssLayout(config.depths[stage]!, config);
    for (let module = 0; module < modules; module++) {
      x = lss(ops, layer.in(`blocks.${module}`), x, blocks, dropPathRate(config, stage, module), config);
    }
    if (stage > 0) outputs.unshift(x);
  }
  return outputs;
}
