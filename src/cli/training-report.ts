import { firstFew } from '../core/first-few.js';
import type { AnyRecord } from '../core/records/schemas.js';
import { fewestToHoldOut } from '../core/training/held-out.js';
import type { TrainingEvent } from '../core/training/train-detector.js';
import type { TrainingStep } from '../core/training/trainer.js';
import type { Progress } from './progress.js';

const listed = 12;

/** What a command lends to the report of its training run. */
export interface Talk {
  write(record: AnyRecord): Promise<void>;
  detail(text: string): void;
  caution(text: string): void;
  progress(total: number, label: string): Progress;
}

export type Published = Extract<TrainingEvent, { kind: 'published' }>;

/** Tells a training run as it goes: progress on stderr, one record an epoch. */
export class TrainingReport {
  private bar: Progress | null = null;
  private shown = 0;
  /** Of the epoch under way: what this process has seen of it. */
  private epoch = { steps: 0, loss: 0, from: null as number | null };
  private images = 0;

  constructor(private readonly talk: Talk) {}

  async take(event: Exclude<TrainingEvent, Published>): Promise<void> {
    const { talk } = this;
    if (event.kind === 'images') {
      this.images = event.images;
      talk.detail(`${event.images} images, ${event.heldOut} held out`);
      const lacking = saidOfLacking(event);
      if (lacking !== undefined) talk.caution(lacking);
    } else if (event.kind === 'start') {
      if (event.parameters !== null) talk.detail(`${(event.parameters / 1e6).toFixed(2)} M parameters`);
      this.bar = talk.progress(1000, 'training');
    } else if (event.kind === 'fitting') {
      this.advance(event.progress.done, event.progress.doing);
    } else if (event.kind === 'step') {
      await this.takeStep(event.step);
    } else {
      this.bar?.done();
      if (event.images > 0) talk.detail(`calibrating on ${event.images} good images`);
    }
  }

  /** The `model` record of a model that lies at `path`. */
  modelRecord({ manifest, parameters, steps, seconds, loss }: Published, path: string): AnyRecord {
    const { model, family, preset, classes } = manifest;
    const { images } = this;
    const made = { parameters, classes, images, steps, seconds, loss };
    return { v: 1, type: 'model', path, model, family, preset, ...made };
  }

  private async takeStep(step: TrainingStep): Promise<void> {
    this.advance(step.progress, `step ${step.step}, loss ${step.loss.toFixed(4)}`);
    const { epoch } = this;
    // A resumed run has seconds behind it that say nothing about this one.
    if (epoch.from === null) epoch.from = step.step === 1 ? 0 : step.elapsedSeconds;
    epoch.steps++;
    epoch.loss += step.loss;
    if (!step.endsEpoch) return;
    const share = epoch.steps / (step.step / step.epoch);
    const seconds = Math.max(step.elapsedSeconds - epoch.from, 1e-3);
    await this.talk.write({
      v: 1,
      type: 'epoch',
      epoch: step.epoch,
      step: step.step,
      loss: epoch.loss / epoch.steps,
      lr: step.rate,
      images_per_second: (share * this.images) / seconds,
      elapsed_s: step.elapsedSeconds,
    });
    this.epoch = { steps: 0, loss: 0, from: step.elapsedSeconds };
  }

  private advance(share: number, detail: string): void {
    const permille = Math.min(1000, Math.floor(1000 * share));
    this.bar?.advance(permille - this.shown, detail);
    this.shown = permille;
  }
}

type Images = Extract<TrainingEvent, { kind: 'images' }>;

/** What follows for verdicts when no image of some classes, or of all, is kept back to set limits by. */
function saidOfLacking({ lacking, heldOut }: Images): string | undefined {
  if (lacking.length === 0) return undefined;
  const remedy = 'score other good parts, 20 or more of each class, and give them to mambaad calibrate';
  if (heldOut === 0) {
    return `no image is held out (--held-out is 0, or no class has the ${fewestToHoldOut} that it takes), so the model gets no limits and every verdict will be "unknown": ${remedy}`;
  }
  const shown = firstFew(
    lacking.map((one) => `"${one.class}" (${one.images})`),
    listed,
  );
  const more = lacking.length > listed ? ' classes' : '';
  return `too few images to hold one out of ${shown}${more}, it takes ${fewestToHoldOut}: they get no limits of their own, and no part of them will be called good; ${remedy}`;
}
