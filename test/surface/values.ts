// Tensors in what a public call is given and what it returns.
import { nn, Tensor } from 'ostinato';

export const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** A copy of `value` with other tensors. */
export function replaced(value: unknown, by: (x: Tensor) => Tensor): unknown {
  if (value instanceof Tensor) return by(value);
  if (Array.isArray(value)) return value.map((one) => replaced(one, by));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one, by)]));
}

/** The tensors of a result, in order. */
export function results(value: unknown, found: Tensor[] = []): Tensor[] {
  if (value instanceof Tensor) found.push(value);
  else if (value instanceof nn.utils.rnn.PackedSequence) found.push(value.data);
  else if (typeof value === 'object' && value !== null && Symbol.iterator in value) {
    for (const one of value as Iterable<unknown>) results(one, found);
  } else if (isPlain(value)) for (const one of Object.values(value)) results(one, found);
  return found;
}
