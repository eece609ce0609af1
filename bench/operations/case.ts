/**
 * An operation as a case of `bench:ops`: its operands by kind, so that every size and both sides make the same numbers,
 * and the call here and in PyTorch.
 */
import { tensor, type Tensor } from 'ostinato';
import { indices } from '../works/parts';
import { filled, values } from '../works/work';

/**
 * What an operand of a case at [R, C] is:
 *
 * | kind | shape | values |
 * |---|---|---|
 * | `x` | [R, C] | sine |
 * | `pos` | [R, C] | 0.5 … 1.5 |
 * | `unit` | [R, C] | 0.05 … 0.95 |
 * | `row`, `col` | [C], [R, 1] | sine |
 * | `few` | [16, C] | sine |
 * | `t` | [C, R] | sine |
 * | `many` | [2, R, C] | sine |
 * | `manyT` | [2, C, R] | sine |
 * | `log` | [R, C] | logarithms of probabilities that sum to one |
 * | `bool` | [R, C] | two of three are true |
 * | `class` | [R] | indices below C |
 * | `rows` | [R] | indices below R |
 * | `at` | [R, C] | indices below R |
 * | `int` | [R, C] | integers 0 … 99 |
 * | `target` | [R, C] | 0.05 … 0.95, without a gradient |
 * | `side` | [R] | 1 and −1 in turn |
 * | `table` | [C, 16] | sine |
 *
 * torch_operations.py makes the same.
 */
export type Kind =
  | 'x' | 'pos' | 'unit' | 'row' | 'col' | 'few' | 't' | 'many' | 'manyT' | 'log' | 'bool' | 'class' | 'rows' | 'at'
  | 'int' | 'side' | 'table' | 'target'; // prettier-ignore

export interface Case {
  /** The name here; what else is in the row after a comma. */
  readonly name: string;
  readonly operands: readonly Kind[];
  readonly own: (a: Tensor, b: Tensor, c: Tensor) => Tensor | readonly Tensor[];
  /** A Python expression of `a`, `b`, `c`, with `torch` and `F`. */
  readonly torch: string;
  /** Whether its backward is a row too. */
  readonly differentiable: boolean;
  /** The largest number of elements that it is run on: what is quadratic in a size stops earlier. */
  readonly most: number;
}

type Own = Case['own'];

/** `operands` as a text: kinds between spaces. */
const make = (
  differentiable: boolean,
  name: string,
  operands: string,
  own: Own,
  torch: string,
  most = Infinity,
): Case => ({ name, operands: operands.split(' ') as Kind[], own, torch, differentiable, most });

/** Forward alone, and forward with backward. */
export const both = (
  name: string,
  operands: string,
  own: Own,
  torch: string,
  most?: number,
): Case => make(true, name, operands, own, torch, most);

/** Forward alone: not differentiable, in place, or without a gradient that takes time. */
export const forward = (
  name: string,
  operands: string,
  own: Own,
  torch: string,
  most?: number,
): Case => make(false, name, operands, own, torch, most);

const changed = (
  shape: readonly number[],
  phase: number,
  change: (value: number) => number,
): Tensor =>
  tensor(
    values(
      shape.reduce((product, size) => product * size, 1),
      phase,
    ).map(change),
  ).reshape([...shape]);

/** Operand `phase` of a case. */
export function operand(kind: Kind, [R, C]: readonly [number, number], phase: number): Tensor {
  switch (kind) {
    case 'x':
      return filled([R, C], phase);
    case 'pos':
      return changed([R, C], phase, (v) => 1 + v / 2);
    case 'unit':
    case 'target':
      return changed([R, C], phase, (v) => 0.5 + 0.45 * v);
    case 'row':
      return filled([C], phase);
    case 'col':
      return filled([R, 1], phase);
    case 'few':
      return filled([16, C], phase);
    case 't':
      return filled([C, R], phase);
    case 'many':
      return filled([2, R, C], phase);
    case 'manyT':
      return filled([2, C, R], phase);
    case 'log':
      return filled([R, C], phase).logSoftmax(-1);
    case 'bool':
      return indices(R * C, 3)
        .ne(0)
        .reshape([R, C]);
    case 'class':
      return indices(R, C);
    case 'rows':
      return indices(R, R);
    case 'at':
      return indices(R * C, R).reshape([R, C]);
    case 'int':
      return indices(R * C, 100).reshape([R, C]);
    case 'side':
      return indices(R, 2).mul(2).sub(1).to('float32');
    case 'table':
      return filled([C, 16], phase);
  }
}

/** Kinds whose gradient is computed. */
export const isDifferentiable = (kind: Kind): boolean =>
  !['bool', 'class', 'rows', 'at', 'int', 'side', 'target'].includes(kind);
