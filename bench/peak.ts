/** The processor's multiply-add peak, measured by a kernel that does nothing else. */
import { fmaPeak } from 'ostinato';

/** Floating-point operations a second of one thread in float32: the best of several measurements. */
export function peakFlops(): number {
  let best = 0;
  for (let i = 0; i < 9; i++) {
    const start = performance.now();
    const flops = fmaPeak(2_000_000);
    best = Math.max(best, (flops / (performance.now() - start)) * 1000);
  }
  return best;
}
