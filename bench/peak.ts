/** The processor's multiply-add peak, measured by a kernel that does nothing else. */
import { fmaPeak } from 'ostinato';
import { timeCalls } from './measure';

/** Floating-point operations a second of one thread in float32: the best of several measurements. */
export function peakFlops(): number {
  let best = 0;
  let flops = 0;
  for (let i = 0; i < 9; i++) {
    const seconds = timeCalls(() => {
      flops = fmaPeak(500_000);
    }, 0.01);
    best = Math.max(best, flops / seconds);
  }
  return best;
}
