import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';
import { engineFlag } from '../cli/flags.js';
import { GateFailed } from '../core/errors.js';
import type { Verification } from '../core/verify/verify.js';

export default class Verify extends BaseCommand {
  static override summary =
    'Run parity fixtures on this machine: one check record a quantity, exit 3 when one fails.';
  static override examples = [
    'mambaad verify test/fixtures/',
    'mambaad verify test/fixtures/selective-scan.safetensors --engine cpu',
    'mambaad verify test/fixtures/ | jq -c "select(.type==\\"check\\" and (.ok|not))"',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({
      required: true,
      description: 'fixture files, or folders of them',
      ignoreStdin: true,
    }),
  };
  static override flags = { engine: engineFlag };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Verify);
    const { openEngine } = await import('../core/runtime/engine.js');
    const { verifyFixtures } = await import('../core/verify/verify.js');
    const engine = await openEngine(flags.engine);
    const failed: string[] = [];
    let fixtures = 0;
    await this.blocking(async () => {
      for await (const verification of verifyFixtures(argv as string[])) {
        this.signal.throwIfAborted();
        fixtures++;
        failed.push(...(await this.report(verification, engine.name)));
      }
    });
    engine.close();
    await this.finish({ in: fixtures });
    if (failed.length > 0)
      throw new GateFailed(
        `${failed.length} checks failed on ${engine.name}: ${failed.slice(0, 3).join(', ')}`,
      );
    this.notice(`${fixtures - this.skipped} fixtures verified on ${engine.name}`);
  }

  /** Writes the checks of one fixture; returns the names of those that failed. */
  private async report(
    { fixture, path, kind, checks, unavailable }: Verification,
    engine: string,
  ): Promise<string[]> {
    if (kind === null || unavailable !== undefined) {
      this.skipped++;
      this.caution(`${path}: ${unavailable ?? 'an unknown kind of fixture'}`);
      return [];
    }
    for (const { quantity, maxAbs, nmse, tolerance, ok } of checks) {
      await this.write({
        v: 1,
        type: 'check',
        fixture,
        engine,
        quantity,
        max_abs: maxAbs,
        nmse,
        tolerance,
        ok,
      });
    }
    const bad = checks.filter(({ ok }) => !ok);
    const worst = Math.max(0, ...checks.map(({ nmse }) => nmse ?? 0));
    const verdict = bad.length === 0 ? this.paint.green('ok') : this.paint.red('FAILED');
    this.show(
      `${verdict} ${fixture}: ${checks.length - bad.length}/${checks.length} checks, worst nmse ${worst.toExponential(1)}`,
    );
    return bad.map(({ quantity }) => `${fixture} ${quantity}`);
  }
}
