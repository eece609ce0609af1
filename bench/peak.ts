/** The processor's multiply-add peak and its caches' bandwidth, measured by kernels that do nothing else. */
import { fmaPeak, readPeak } from 'ostinato';
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

/** Bytes a second of one thread that reads `bytes` over and over: the best of several measurements. */
export function readBandwidth(bytes: number): number {
  const array = new Float32Array(Math.max(1024, bytes / 4)).fill(1);
  const rounds = Math.ceil(2 ** 20 / array.byteLength);
  let best = 0;
  let read = 0;
  for (let i = 0; i < 9; i++) {
    const seconds = timeCalls(() => {
      read = readPeak(array, rounds);
    }, 0.01);
    best = Math.max(best, read / seconds);
  }
  return best;
}
