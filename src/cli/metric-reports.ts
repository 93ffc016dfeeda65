import { readFile, writeFile } from 'node:fs/promises';
import * as Flags from '@oclif/core/flags';
import { writeFileAtomically } from '../core/files/atomic.js';
import { makeFolderOf } from '../core/files/check-output.js';
import type { ClassCurves } from '../core/metrics/curves.js';
import type { Evaluation } from '../core/metrics/evaluate.js';
import type { GateResult } from '../core/metrics/gates.js';
import type { ModelManifest } from '../core/models/model-folder.js';
import type { ScoreRecord, SegmentRecord } from '../core/records/schemas.js';
import type { ReportCurves, ReportData, ReportImage, ReportModel } from '../core/report/report-data.js';

/** Where and how a run is reported, besides records and the table. */
export const reportFlags = {
  report: Flags.string({ summary: 'Write one self-contained HTML page here.', helpGroup: 'REPORT' }),
  junit: Flags.string({
    summary: 'Write JUnit XML here: a test case an image and a gate.',
    helpGroup: 'REPORT',
  }),
  markdown: Flags.string({ summary: 'Write a Markdown table here.', helpGroup: 'REPORT' }),
  prometheus: Flags.string({ summary: 'Write a Prometheus text file here.', helpGroup: 'REPORT' }),
  github: Flags.boolean({
    summary: 'Annotate the ten worst images and fill the step summary of GitHub Actions.',
    helpGroup: 'REPORT',
  }),
  title: Flags.string({ default: 'mambaad report', summary: 'Title of the reports.', helpGroup: 'REPORT' }),
};

export interface ReportTargets {
  report?: string | undefined;
  junit?: string | undefined;
  markdown?: string | undefined;
  prometheus?: string | undefined;
  github: boolean;
  title: string;
}

export function isAnyReport({ report, junit, markdown, prometheus, github }: ReportTargets): boolean {
  return Boolean(report || junit || markdown || prometheus || github);
}

/** What a report keeps of a scored image. */
export function reportImage(record: ScoreRecord | SegmentRecord): ReportImage {
  const { path, label, defect, score, raw_score, verdict, ms } = record;
  const overlay = record.overlay as string | undefined;
  return {
    path,
    class: record.class,
    score,
    raw_score,
    verdict,
    ms,
    ...(label && { label }),
    ...(defect && { defect }),
    ...(overlay && { overlayPng: overlay }),
  };
}

/** Gathers a finished evaluation for the report writers. */
export function reportData(
  title: string,
  evaluation: Evaluation,
  gates: readonly GateResult[],
  images: readonly ReportImage[],
  manifest: ModelManifest | undefined,
): ReportData {
  const loss = manifest?.provenance.loss as ReportData['loss'];
  return {
    title,
    created: new Date().toISOString(),
    ...(manifest && { model: reportModel(manifest) }),
    metrics: [...evaluation.classes.map(({ record }) => record), evaluation.mean],
    gates: gates.map(({ gate, passed, value }) => ({ text: gate, ok: passed, value })),
    images,
    curves: evaluation.classes.flatMap(({ record, curves }) =>
      curves ? [reportCurves(record.class, curves)] : [],
    ),
    ...(loss && { loss }),
  };
}

function reportCurves(name: string, { image, pixel }: ClassCurves): ReportCurves {
  return { class: name, ...image, pro: pixel?.pro ?? null, pixel: pixel && { roc: pixel.roc, pr: pixel.pr } };
}

function reportModel(manifest: ModelManifest): ReportModel {
  const { provenance, model, family, preset, encoder, classes } = manifest;
  const settings = provenance.settings as { seed: number } | undefined;
  return {
    hash: model,
    family,
    preset,
    encoder: encoder.name,
    classes,
    images: Number(provenance.images ?? 0),
    seed: settings?.seed ?? 0,
    steps: Number(provenance.steps ?? 0),
    seconds: Number(provenance.seconds ?? 0),
  };
}

/** Writes every report that was asked for. */
export async function writeReports(data: ReportData, targets: ReportTargets): Promise<void> {
  for (const path of [targets.report, targets.junit, targets.markdown, targets.prometheus])
    if (path) await makeFolderOf(path);
  if (targets.report) {
    const { htmlReport } = await import('../core/report/html.js');
    await writeFileAtomically(targets.report, await htmlReport(data));
  }
  if (targets.junit) {
    const { junitXml } = await import('../core/report/junit.js');
    await writeFileAtomically(targets.junit, junitXml(data));
  }
  if (targets.markdown) {
    const { metricsMarkdown } = await import('../core/report/markdown.js');
    await writeFileAtomically(targets.markdown, metricsMarkdown(data.metrics));
  }
  if (targets.prometheus) {
    const { prometheusText, writePrometheus } = await import('../core/report/prometheus.js');
    await writePrometheus(targets.prometheus, prometheusText(data));
  }
  if (targets.github) await annotate(data);
}

/** GitHub reads annotations from any output; stdout is for records, so they go to stderr. */
async function annotate(data: ReportData): Promise<void> {
  const { githubAnnotations, githubSummary } = await import('../core/report/github.js');
  process.stderr.write(githubAnnotations(data));
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (!summary) return;
  await makeFolderOf(summary);
  await writeFile(summary, (await readFile(summary, 'utf8').catch(() => '')) + githubSummary(data));
}
