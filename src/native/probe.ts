/** Measuring the processor: what bench/peak.ts compares with. No public name exports it. */
import { family, kernel } from './families';
import { runFmaPeak, runReadPeak } from './calls';
import { addressOf, Doubles } from './memory';

/**
 * Runs `rounds` rounds of multiply-adds that depend on nothing but the processor, and returns how many
 * floating-point operations (float32) that were.
 */
export function fmaPeak(rounds: number): number {
  const flops = new Doubles(new Float64Array(1));
  runFmaPeak(family('fma_peak').f32!, rounds, flops);
  return flops.values[0];
}

/**
 * Reads `array` `rounds` times and returns how many bytes (float32, whole vectors only) that were: with a size that
 * one level of the caches holds, that level's bandwidth.
 */
export function readPeak(array: Float32Array, rounds: number): number {
  const bytes = new Doubles(new Float64Array(1));
  runReadPeak(kernel('read_peak'), { address: addressOf(array) }, array.length, rounds, bytes);
  return bytes.values[0];
}
