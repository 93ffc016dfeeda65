import { GateFailed } from '../core/errors.js';
import { formatTable } from '../core/metrics/table.js';
import type { AnyRecord, ScoreRecord } from '../core/records/schemas.js';
import type { ReportImage } from '../core/report/report-data.js';
import type { Judged, RetrainEvent, Role } from '../core/training/retrain.js';
import { reportData, reportImage, writeReports } from './metric-reports.js';
import type { Progress } from './progress.js';
import type { Paint } from './term.js';
import type { Published, Talk, TrainingReport } from './training-report.js';

export type Decided = Extract<RetrainEvent, { kind: 'decided' }>;

interface RetrainTalk extends Talk {
  show(block: string): void;
  paint: Paint;
}

/** Tells a retraining as it goes: records, tables, the files that were asked for, and the verdict. */
export class RetrainReport {
  private readonly judged = new Map<Role, Judged>();
  private readonly images: Record<Role, ReportImage[]> = { current: [], candidate: [] };
  private trained: Published | undefined;
  private scoring: Progress | undefined;

  constructor(
    private readonly talk: RetrainTalk,
    private readonly training: TrainingReport,
  ) {}

  takeScore(role: Role, record: ScoreRecord): void {
    this.scoring?.advance();
    this.images[role].push(reportImage(record));
  }

  async take(event: Exclude<RetrainEvent, Decided>): Promise<void> {
    if (event.kind === 'trained') this.trained = event.training;
    else if (event.kind === 'judging')
      this.scoring = this.talk.progress(event.images, `scoring the test set with the ${event.role} model`);
    else if (event.kind === 'judged') await this.takeJudged(event.judged);
    else await this.training.take(event);
  }

  /** Gates and the candidate's model record. */
  async tell({ results, published, path }: Decided): Promise<void> {
    const { talk } = this;
    for (const { gate, class: name, metric, value, passed, message } of results) {
      await talk.write({ v: 1, type: 'gate', gate, class: name, metric, value, passed, message });
      talk.show(`${passed ? talk.paint.green('pass') : talk.paint.red('FAIL')} ${message}`);
    }
    const { current } = this;
    const replaces = current === undefined ? {} : { replaces: current };
    await talk.write({ ...this.training.modelRecord(this.trained!, path), published, ...replaces });
  }

  /** The page is about the candidate, published or not; what is scraped is about the model that parts now meet. */
  async writeFiles(
    { results, published }: Decided,
    { report, prometheus }: { report?: string | undefined; prometheus?: string | undefined },
  ): Promise<void> {
    const about = (role: Role) => {
      const { evaluation, manifest } = this.judged.get(role)!;
      return reportData(`mambaad retrain: ${role}`, evaluation, results, this.images[role], manifest);
    };
    const none = { github: false, title: '' };
    if (report) await writeReports(about('candidate'), { ...none, report });
    const inUse = published || this.current === undefined ? 'candidate' : 'current';
    if (prometheus) await writeReports(about(inUse), { ...none, prometheus });
  }

  /** @returns what to say when the candidate was published @throws GateFailed when it was refused */
  conclude({ results, published, path }: Decided): string {
    const { model } = this.trained!.manifest;
    if (published) return `published ${path}: model ${model} is in use now`;
    const failed = results.filter(({ passed }) => !passed);
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
    const stays =
      this.current === undefined ? 'there is no model in use yet' : `model ${this.current} stays in use`;
    throw new GateFailed(
      `candidate ${model} refused: ${failed[0]!.message}${more}; ${stays}, the candidate lies in ${path}`,
    );
  }

  /** The model that was in use before. */
  private get current(): string | undefined {
    return this.judged.get('current')?.manifest.model;
  }

  private async takeJudged(judged: Judged): Promise<void> {
    const { role, manifest, evaluation } = judged;
    this.scoring?.done();
    this.judged.set(role, judged);
    const records = [...evaluation.classes.map(({ record }) => record), evaluation.mean];
    for (const record of records) {
      await this.talk.write({ ...record, model: manifest.model, role } as AnyRecord);
    }
    this.talk.show(`${role} model ${manifest.model}\n${formatTable(records)}`);
  }
}
