import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { followFetch } from '../cli/follow-fetch.js';
import { InputMissingError, UsageError } from '../core/errors.js';
import type { Facts } from '../core/runtime/engine-driver.js';
import type { PartName } from '../core/runtime/parts/catalogue.js';

export default class Doctor extends BaseCommand {
  static override summary = 'Say what this machine can use, what was chosen, and why not the others.';
  static override description =
    'With --fix, fetches what is missing and would help from the npm registry that your npm is set up for, checks it and puts it into the data folder: onnxruntime, where the package did not bring it for your platform, and Dawn, which WebGPU needs, where there may be a GPU. Named, a part is fetched anyhow.';
  static override examples = [
    'mambaad doctor',
    'mambaad doctor --fix',
    'mambaad doctor --fix webgpu',
    'mambaad doctor -q | jq -c "select(.type==\\"engine\\")|{engine,chosen,why_not}"',
    'mambaad doctor -q | jq -r "select(.chosen)|.engine"',
  ];

  static override args = {
    part: Args.string({
      options: ['onnxruntime', 'webgpu'],
      description: 'what to fetch with --fix [default: what is missing and would help]',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    fix: Flags.boolean({ summary: 'Fetch what is missing.' }),
    from: Flags.string({
      dependsOn: ['fix'],
      summary: 'The tarball of the package, brought from a connected machine, instead of the registry.',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Doctor);
    if (flags.fix) await this.fix(args.part as PartName | undefined, flags.from);
    else if (args.part) throw new UsageError(`${args.part}: to fetch it, say --fix ${args.part}`);
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
        ? `onnxruntime ${runtime.version} runs encoders and detectors: ${runtime.path}`
        : `onnxruntime absent, so encoders and detectors are several times slower: ${runtime.whyNot}`,
    );
    await this.tellWeights();
    await this.finish();
  }

  private async fix(named: PartName | undefined, tarball: string | undefined): Promise<void> {
    if (tarball && !named) throw new UsageError('--from: name what the tarball holds, onnxruntime or webgpu');
    const { nativeParts } = await import('../core/runtime/parts/catalogue.js');
    const { fetchPart } = await import('../core/runtime/parts/fetch.js');
    const { missingParts } = await import('../core/runtime/doctor.js');
    const parts = named ? [named] : missingParts();
    if (parts.length === 0) this.notice('nothing to fix: what would help is here');
    for (const name of parts) {
      const onProgress = followFetch((total, label) => this.progress(total, label));
      const path = await fetchPart(nativeParts[name], { tarball, signal: this.signal, onProgress });
      await this.write({ v: 1, type: 'part', part: name, version: nativeParts[name].version, path });
      this.notice(`${name}: fetched to ${path}`);
    }
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
