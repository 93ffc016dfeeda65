export const schedules = ['step', 'cosine'] as const;
export type ScheduleName = (typeof schedules)[number];

/**
 * Learning rate at a point of the run.
 *
 * @param progress share of the run that is done, 0..1
 */
export function learningRate(schedule: ScheduleName, peak: number, progress: number): number {
  if (schedule === 'step') return progress >= 0.8 ? 0.1 * peak : peak; // ALGORITHMS 1.9: ×0.1 at 80 % of the epochs
  return peak * (0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress))));
}
