// What a call of the table gives, as a text: tensors with their bits, fields of objects, the message of an error.
import * as ostinato from 'ostinato';
import { Tensor } from 'ostinato';
import { makeCall, type Sample } from './samples';
import type { PublicCall } from './surface';

function show(value: unknown, depth: number, seen: Set<unknown>): unknown {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Tensor) {
    const values = Array.from<number>(value.detach().toTypedArray()).map((v) => String(v));
    return [value.dtype, value.shape.join(), values.join(), value.requiresGrad];
  }
  if (typeof value === 'function') return 'function';
  if (typeof value === 'symbol' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return 'again';
  if (depth === 0) return 'deeper';
  seen.add(value);
  const inner = (one: unknown): unknown => show(one, depth - 1, seen);
  if (ArrayBuffer.isView(value)) return [...(value as Int32Array)].map(inner);
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Map) return [...value].map(([key, one]) => [inner(key), inner(one)]);
  if (value instanceof Set) return [...value].map(inner);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
}

/** What a result is made of. Pictures count what they have drawn. */
export const shown = (value: unknown): string =>
  (JSON.stringify(show(value, 6, new Set())) ?? 'undefined').replace(/zr\d+-[a-z]+-?\d+/g, 'zr');

/** The call's result and what it leaves in the object that it is called on. */
export function outcome(call: PublicCall, make: () => Sample): string {
  ostinato.manualSeed(1);
  const sample = make();
  try {
    const result = makeCall(call, sample);
    return `${shown(result)} ${shown(sample.on)}`;
  } catch (error) {
    return String(error);
  } finally {
    ostinato.autograd.setDetectAnomaly(false);
  }
}
