import type { IntensityWindow } from '../core/data/intensity-window.js';
import type { DatasetIssue, LayoutOptions } from '../core/data/layouts/layout.js';
import { PassedOn } from '../core/records/passed-on.js';
import type { ImageRecord } from '../core/records/schemas.js';
import { type LayoutFlags, layoutOptions } from './layout-flags.js';
import { PipeCommand } from './pipe-command.js';
import type { Progress } from './progress.js';
import { imagesIn } from './window-flag.js';

/** A command whose images come from data set folders, image files and tables, or from stdin. */
export abstract class ImageCommand extends PipeCommand {
  /** What the layout's reader found odd. */
  protected readonly issues: DatasetIssue[] = [];

  /** Images found in folders; those on stdin are in the tally. */
  private found = 0;

  /**
   * Looks for the intensity window of 16-bit images in folders and files, and says it.
   *
   * @param listed images that stdin named, where it has been read to its end
   */
  protected async findWindow(
    paths: readonly string[],
    flags: LayoutFlags & { 'max-pixels': number },
    listed: readonly ImageRecord[] = [],
    onIgnoredTurn?: (image: ImageRecord) => void,
  ): Promise<IntensityWindow | undefined> {
    const named = paths.filter((path) => path !== '-');
    if (named.length + listed.length === 0) return undefined;
    const { depthText, findWindow } = await import('../core/data/find-window.js');
    let progress: Progress | undefined;
    const found = await findWindow(imagesIn(named, flags, listed), {
      maxPixels: flags['max-pixels'],
      signal: this.signal,
      onDeep: () => {
        progress ??= this.progress(undefined, 'looking at 16-bit images');
        progress.advance();
      },
      ...(onIgnoredTurn && { onIgnoredTurn }),
    });
    if (found) this.notice(depthText(found, listed.length > 0));
    return found?.window;
  }

  protected async conclude(): Promise<void> {
    const { issueLines } = await import('../core/data/summary-issues.js');
    for (const line of issueLines(this.issues)) this.caution(line);
    await this.finish({ in: this.found + this.tally.records });
  }

  /** The images that the arguments name, or that stdin lists; there may be other records between them. */
  protected async *inputs(paths: string[], flags: LayoutFlags): AsyncGenerator<ImageRecord | PassedOn> {
    const { readDataset } = await import('../core/data/layouts/read-dataset.js');
    const onIssue = (issue: DatasetIssue) => void this.issues.push(issue);
    const options = { ...layoutOptions(flags), onIssue };
    const folders = paths.filter((path) => path !== '-');
    for (const folder of folders) {
      for await (const image of readDataset(folder, flags.layout, options)) {
        this.found++;
        yield image;
      }
    }
    if (folders.length > 0 && folders.length === paths.length) return;
    yield* this.imagesOnStdin(options);
  }

  private async *imagesOnStdin(options: LayoutOptions): AsyncGenerator<ImageRecord | PassedOn> {
    const { imageRecord } = await import('../core/data/layouts/image-record.js');
    const { labelOfPath } = await import('../core/data/layouts/path-label.js');
    const { Reading } = await import('../core/data/layouts/reading.js');
    const { nameForm } = await import('../core/records/name-form.js');
    const { className = 'default', split } = options;
    const reading = new Reading(options);
    const refused = new Map<number, string>();
    const bareLine = (bytes: Buffer, line: number) => {
      const { label, doubt } = split === 'train' ? labelOfPath(bytes.toString()) : {};
      if (doubt !== undefined) refused.set(line, doubt);
      return imageRecord(Buffer.from(bytes), { class: className, split, label }) as Record<string, unknown>;
    };
    for await (const input of this.recordsInPlace(['image'], { bareLine })) {
      if (input instanceof PassedOn) {
        yield input;
        continue;
      }
      const { record, line } = input;
      const doubt = refused.get(line);
      refused.delete(line);
      if (doubt !== undefined) reading.leaveOut(record.path, doubt);
      else yield { ...record, class: nameForm(record.class) };
    }
    reading.finish();
  }

  /** @param listed takes those that stdin names */
  protected async *imagesOnly(
    paths: string[],
    flags: LayoutFlags,
    listed: ImageRecord[],
  ): AsyncGenerator<ImageRecord> {
    for await (const input of this.inputs(paths, flags)) {
      if (input instanceof PassedOn) {
        await this.writer.forward(input.text);
        continue;
      }
      if (this.tally.records > 0) listed.push(input);
      yield input;
    }
  }
}
