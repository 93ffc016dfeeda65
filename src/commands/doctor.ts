import { BaseCommand } from '../cli/base-command.js';
import { InputMissingError } from '../core/errors.js';
import type { Facts } from '../core/runtime/engine-driver.js';

export default class Doctor extends BaseCommand {
  static override summary = 'Say what this machine can use, what was chosen, and why not the others.';
  static override examples = [
    'mambaad doctor',
    'mambaad doctor -q | jq -c "select(.type==\\"engine\\")|{engine,chosen,why_not}"',
    'mambaad doctor -q | jq -r "select(.chosen)|.engine"',
  ];

  async run(): Promise<void> {
    await this.parse(Doctor);
    const { examine, examineMachine } = await import('../core/runtime/doctor.js');
    const { weights: _, ...machine } = examineMachine();
    await this.write({ v: 1, type: 'machine', ...machine });
    this.show(
      `node ${machine.node} on ${machine.platform}, ${machine.cpu.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`,
    );
    for (const report of await examine()) {
      const { whyNot, ...known } = report;
      await this.write({ v: 1, type: 'engine', ...known, ...(whyNot !== undefined && { why_not: whyNot }) });
      const mark = report.chosen
        ? this.paint.green('chosen ')
        : report.found
          ? 'found  '
          : this.paint.dim('absent ');
      const remark = whyNot ?? selfTested(report.facts);
      this.show(`${mark} ${report.engine.padEnd(10)} ${report.device ?? ''}${remark ? `: ${remark}` : ''}`);
    }
    const runtime = machine.onnxruntime;
    this.show(
      'version' in runtime
        ? `onnxruntime ${runtime.version} runs encoders`
        : `onnxruntime absent: ${runtime.whyNot}`,
    );
    await this.tellWeights();
    await this.finish();
  }

  private async tellWeights(): Promise<void> {
    const { dataFolder } = await import('../core/weights/data-folder.js');
    const { listWeights } = await import('../core/weights/store.js');
    let dir: string;
    try {
      dir = dataFolder();
    } catch (error) {
      if (!(error instanceof InputMissingError)) throw error;
      return this.caution(error.message);
    }
    for (const listing of await listWeights({ dir })) {
      await this.write({ v: 1, type: 'weights', ...listing });
      this.show(
        `weights ${listing.name}: ${listing.present ? listing.path : 'not here; mambaad weights pull'}`,
      );
    }
    this.detail(`data folder ${dir}`);
  }
}

/** How the engine that was opened did in its self-test. */
function selfTested({ selfTestMs, selfTestError }: Facts): string {
  return `self-test passed in ${selfTestMs} ms, error ${Number(selfTestError).toExponential(1)}`;
}
