export const schedules = ['step', 'cosine'] as const;
export type ScheduleName = (typeof schedules)[number];

/**
 * Learning rate at a point of the run.
 *
 * @param progress share of the run that is done, 0..1
 */
export function learningRate(schedule: ScheduleName, peak: number, progress: number): number {
  // docs/algorithms.md 1.9: a tenth after 80 % of the epochs.
  if (schedule === 'step') return progress >= 0.8 ? 0.1 * peak : peak;
  return peak * (0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress))));
}
