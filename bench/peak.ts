/** The processor's multiply-add peak and its caches' bandwidth, measured by kernels that do nothing else. */
import { fmaPeak, readPeak } from '../src/native/probe';
import { timeCalls } from './measure';

/** Floating-point operations a second of one thread in float32, now. */
export function peakFlops(): number {
  let flops = 0;
  const seconds = timeCalls(() => {
    flops = fmaPeak(500_000);
  }, 0.01);
  return flops / seconds;
}

/** Bytes a second of one thread that reads `array` over and over, now. */
export function readBandwidth(array: Float32Array): number {
  const rounds = Math.ceil(2 ** 20 / array.byteLength);
  let read = 0;
  const seconds = timeCalls(() => {
    read = readPeak(array, rounds);
  }, 0.01);
  return read / seconds;
}

/** Bytes a second of one thread that copies the first half of `array` to the second, both counted. */
export function copyBandwidth(array: Float32Array): number {
  const half = array.length >> 1;
  const [from, to] = [array.subarray(0, half), array.subarray(half)];
  return array.byteLength / timeCalls(() => to.set(from), 0.01);
}
