import type { DetectorFamily } from '../models/family.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { inScope } from '../runtime/scope.js';
import type { Crew, StepAt } from './crew.js';
import { DeviceParameters } from './device-parameters.js';
import { gradientsOfShard, type ShardResult } from './gradients.js';
import { batchOf, type CrewSetup, type ShardJob } from './share.js';

/**
 * Trains on the engine's device: features go there, losses and batch statistics come back, and everything else stays
 * until `settle`.
 */
export class DeviceCrew<Config> implements Crew {
  readonly size = 1;
  private readonly block: ParameterBlock;
  private readonly parameters: DeviceParameters;

  constructor(
    private readonly family: DetectorFamily<Config>,
    private readonly setup: CrewSetup,
  ) {
    const { config, channels, state } = setup;
    this.block = new ParameterBlock(family.parameters(config as Config, channels), state.values);
    this.parameters = new DeviceParameters(this.block, state.moments);
  }

  async gradients([jobs]: readonly ShardJob[][]): Promise<ShardResult[][]> {
    const { family, block, parameters } = this;
    const config = this.setup.config as Config;
    parameters.forgetGradient();
    const results = inScope(() => {
      const network = { family, config, block, tensors: parameters.tensors() };
      return jobs!.map((job) =>
        gradientsOfShard(network, batchOf(this.setup, job), (shard) => {
          parameters.addGradient(shard, job.weight);
        }),
      );
    });
    return [results];
  }

  async squaredNorm(): Promise<number> {
    return this.parameters.squaredNorm();
  }

  async update(at: StepAt): Promise<void> {
    this.parameters.update(this.setup.optimiser, at);
  }

  async settle(): Promise<void> {
    this.parameters.read(this.setup.state.moments);
  }

  async close(): Promise<void> {
    this.parameters.dispose();
  }
}
