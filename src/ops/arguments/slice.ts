/** Slices as indices: start:stop:step, as an object or as Python's text. */
import { describe, guardMethods, surplus } from '../../check';

/**
 * start:stop:step of a slice; null means from the first, to the last, by 1. Made by `slice(start, stop, step)`.
 * @throws nothing: `slice` checks what it is given.
 * @example slice(1, 3).toString() // '1:3'
 */
export class Slice {
  constructor(
    /** First index; null for the first of the dimension. */
    readonly start: number | null,
    /** One past the last index; null for the end. */
    readonly stop: number | null,
    /** Distance between indices; null for 1. */
    readonly step: number | null,
  ) {
    if (arguments.length > 3) surplus('Slice', arguments, 3, 'step');
  }

  /** As Python writes it: `1:3`, `::2`. */
  toString(): string {
    if (arguments.length > 0) surplus('Slice.toString', arguments, 0);
    const [start, stop, step] = [this.start, this.stop, this.step].map((bound) => bound ?? '');
    return step === '' ? `${start}:${stop}` : `${start}:${stop}:${step}`;
  }
}
guardMethods(Slice.prototype);

/** A slice as Python writes it: `'1:3'`, `'-1:'`, `'::2'`, `':'`. */
export type SliceText =
  `${number | ''}:${number | ''}` | `${number | ''}:${number | ''}:${number | ''}`;

const pattern = /^\s*([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?\s*)?$/;
/** All of a dimension. */
export const wholeSlice = new Slice(null, null, null);

/** The slice that `text` writes, or null where it writes none. */
export function parseSlice(text: string): Slice | null {
  if (text === ':') return wholeSlice;
  const found = pattern.exec(text);
  if (found === null) return null;
  const [start, stop, step] = found
    .slice(1)
    .map((digits) => ((digits as string | undefined) === undefined ? null : Number(digits)));
  return new Slice(start, stop, step);
}

function checkBound(operation: string, name: string, bound: unknown): number | null {
  if (bound === null || bound === undefined) return null;
  if (typeof bound !== 'number') {
    throw new TypeError(
      `${operation}: a slice's ${name} must be an integer or null, got ${describe(bound)}`,
    );
  }
  if (!Number.isInteger(bound) && Math.abs(bound) !== Infinity) {
    throw new RangeError(
      `${operation}: a slice's ${name} must be an integer or null, got ${bound}`,
    );
  }
  return bound;
}

/** A slice of checked bounds. @throws TypeError for another kind; RangeError for fractions. */
export const makeSlice = (start: unknown, stop: unknown, step: unknown): Slice =>
  new Slice(
    checkBound('slice', 'start', start),
    checkBound('slice', 'stop', stop),
    checkBound('slice', 'step', step),
  );

/** `count` elements from `first` on, each `step` after the one before. */
export interface Range {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

/**
 * What a slice means for a dimension of `size`: bounds are clamped, negative ones count from the end.
 * @throws RangeError for a step below 1.
 */
export function rangeOf(operation: string, slice: Slice, size: number): Range {
  const step = slice.step ?? 1;
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(
      `${operation}: a slice's step must be an integer of at least 1, got ${step}; flip() reverses`,
    );
  }
  const clamp = (bound: number): number =>
    Math.min(Math.max(bound < 0 ? bound + size : bound, 0), size);
  const first = clamp(slice.start ?? 0);
  const end = Math.max(clamp(slice.stop ?? size), first);
  return { first, count: Math.ceil((end - first) / step), step };
}
