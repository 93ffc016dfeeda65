import { checkOutputFile } from '../core/files/check-output.js';
import type { ReportTargets } from './metric-reports.js';

type Files = Partial<Pick<ReportTargets, 'report' | 'junit' | 'markdown' | 'prometheus' | 'github'>>;

/** Finds out before the work whether the reports can be written after it. @throws OutputError, UsageError, IoError */
export async function checkReports({ github, ...targets }: Files): Promise<void> {
  for (const name of ['report', 'junit', 'markdown', 'prometheus'] as const) {
    const path = targets[name];
    if (path !== undefined) await checkOutputFile(path, `--${name}`);
  }
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (github && summary) await checkOutputFile(summary, 'GITHUB_STEP_SUMMARY');
}
