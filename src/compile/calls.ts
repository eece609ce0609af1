/** Calls that the passes of compile/ write themselves. */
import { UnaryAt } from '../native/positions';
import { argumentsOf, walkArguments } from '../native/recording';
import type { Buffer, Call } from './trace';

/** A copy of elements from one buffer to another. */
export interface Copy {
  /** The number of `copy_<type>`. */
  readonly kernel: number;
  readonly itemSize: number;
  readonly source: Buffer;
  /** In bytes. */
  readonly offset: number;
  readonly target: Buffer;
  readonly sizes: readonly number[];
  /** Of the source and of the target, in elements. */
  readonly strides: readonly [readonly number[], readonly number[]];
}

/** The call that makes a copy. */
export function copyCall({ kernel, itemSize, source, offset, target, sizes, strides }: Copy): Call {
  const addresses = argumentsOf(UnaryAt, {});
  const walk = walkArguments({ dims: sizes.length, operands: 2, sizes, strides });
  return {
    kernel,
    args: [...addresses, ...walk],
    pointers: [
      { at: UnaryAt.x, buffer: source, offset, writes: false, itemSize },
      { at: UnaryAt.out, buffer: target, offset: 0, writes: true, itemSize },
    ],
    strided: addresses.length,
  };
}
