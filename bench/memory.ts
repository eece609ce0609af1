/** Resident memory over many synchronous training steps: how much it grows once everything is warm. */
import { train } from './works/recurrent';

export interface Growth {
  readonly steps: number;
  readonly bytes: number;
}

/** Growth over `steps` steps of a small LSTM after the first 5,000, in one synchronous loop. */
export function memoryGrowth(steps = 100_000): Growth {
  const { run } = train('LSTM', [2, 10, 4, 32, 1], []).make();
  for (let i = 0; i < 5_000; i++) run();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < steps; i++) run();
  return { steps, bytes: process.memoryUsage.rss() - before };
}
