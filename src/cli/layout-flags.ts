import * as Flags from '@oclif/core/flags';
import type { LayoutOptions } from '../core/data/layouts/layout.js';
import { nameForm } from '../core/records/name-form.js';

/** Which images of a data set. */
export const layoutFlags = {
  split: Flags.option({
    options: ['train', 'test'] as const,
    summary: 'Only this split; without the layout of a data set, "train" marks images as good.',
  })(),
  layout: Flags.string({ default: 'auto', summary: 'Layout of the data set: auto, mvtec, visa, folder …' }),
  class: Flags.string({
    multiple: true,
    summary: 'Only these classes; for plain folders the class they are.',
  }),
  fold: Flags.integer({ min: 0, max: 3, summary: 'COCO-AD: which of the four splits.' }),
  view: Flags.string({ multiple: true, summary: 'Real-IAD: only these cameras, C1 to C5.' }),
  'split-table': Flags.string({ summary: 'VisA: the split table, when it is not split_csv/1cls.csv.' }),
  'allow-outside': Flags.boolean({ summary: 'Tables may name images outside their own folder.' }),
};

export interface LayoutFlags {
  split?: 'train' | 'test' | undefined;
  layout: string;
  class?: string[] | undefined;
  fold?: number | undefined;
  view?: string[] | undefined;
  'split-table'?: string | undefined;
  'allow-outside': boolean;
}

/** What the flags ask of the reader of a data set. */
export function layoutOptions(flags: LayoutFlags): LayoutOptions {
  const classes = flags.class?.map(nameForm);
  return {
    ...(flags.split && { split: flags.split }),
    ...(classes && { classes: new Set(classes), className: classes[0] }),
    ...(flags.fold !== undefined && { fold: flags.fold }),
    ...(flags.view && { views: new Set(flags.view) }),
    ...(flags['split-table'] && { splitTable: flags['split-table'] }),
    allowOutside: flags['allow-outside'],
  };
}
