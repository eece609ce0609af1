/** Layers that pad the last dimension: with constants, mirrored, with the edge, or from the other end. */
import { either, integer, number, pairOf, surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { pad } from '../functional/pad';
import { Module } from '../module';

/** How many elements are added on the left and on the right (negative: cropped), or one number for both. */
export type Padding1d = number | readonly [left: number, right: number];

type Sides = readonly [left: number, right: number];

const amount = either<Padding1d>(integer, pairOf(integer, 'two integers [left, right]'));

function sidesOf(layer: string, padding: Padding1d): Sides {
  const checked = amount.check(layer, 'padding', padding);
  return typeof checked === 'number' ? [checked, checked] : checked;
}

const shown = ([left, right]: Sides): string => `(${left}, ${right})`;

/**
 * Pads the last dimension with a constant (torch.nn.ConstantPad1d).
 * Shapes: [*, L] to [*, left + L + right].
 * @throws TypeError, RangeError unless `padding` is an integer or two, and `value` a number.
 * @example new nn.ConstantPad1d(1, 9).forward(tensor([[1, 2]])) // [[9, 1, 2, 9]]
 */
export class ConstantPad1d extends Module {
  /** [left, right]. */
  readonly padding: Sides;
  /**
   * @param padding how many elements on the left and on the right, or one number for both; negative numbers crop
   * @param value the constant
   */
  constructor(
    padding: Padding1d,
    /** The constant that is filled in. */
    readonly value: number,
  ) {
    if (arguments.length > 2) surplus('ConstantPad1d', arguments, 2, 'value');
    super();
    this.padding = sidesOf('ConstantPad1d', padding);
    number.check('ConstantPad1d', 'value', value);
  }

  /**
   * `input` with the constant at both ends of its last dimension.
   * @throws RangeError where more is cropped than there is.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('ConstantPad1d.forward', arguments, 1, 'input');
    return pad(input, this.padding, { value: this.value });
  }

  /** @internal */
  override extraRepr(): string {
    return `padding=${shown(this.padding)}, value=${this.value}`;
  }
}

/**
 * Pads the last dimension with zeros (torch.nn.ZeroPad1d).
 * Shapes: [*, L] to [*, left + L + right].
 * @throws TypeError, RangeError unless `padding` is an integer or two.
 * @example new nn.ZeroPad1d([1, 0]).forward(tensor([[1, 2]])) // [[0, 1, 2]]
 */
export class ZeroPad1d extends Module {
  /** [left, right]. */
  readonly padding: Sides;
  /** @param padding how many elements on the left and on the right, or one number for both; negative numbers crop */
  constructor(padding: Padding1d) {
    if (arguments.length > 1) surplus('ZeroPad1d', arguments, 1, 'padding');
    super();
    this.padding = sidesOf('ZeroPad1d', padding);
  }

  /**
   * `input` with its last dimension padded.
   * @throws RangeError where more is cropped than there is.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('ZeroPad1d.forward', arguments, 1, 'input');
    return pad(input, this.padding);
  }

  /** @internal */
  override extraRepr(): string {
    return shown(this.padding);
  }
}

/**
 * Pads the last dimension with its elements mirrored at the edge, which is not repeated (torch.nn.ReflectionPad1d).
 * Shapes: [N, C, L] or [C, L] to [N, C, left + L + right] or [C, left + L + right].
 * @throws TypeError, RangeError unless `padding` is an integer or two.
 * @example new nn.ReflectionPad1d(2).forward(tensor([[1, 2, 3]])) // [[3, 2, 1, 2, 3, 2, 1]]
 */
export class ReflectionPad1d extends Module {
  /** [left, right]. */
  readonly padding: Sides;
  /** @param padding how many elements on the left and on the right, or one number for both; negative numbers crop */
  constructor(padding: Padding1d) {
    if (arguments.length > 1) surplus('ReflectionPad1d', arguments, 1, 'padding');
    super();
    this.padding = sidesOf('ReflectionPad1d', padding);
  }

  /**
   * `input` with its last dimension padded.
   * @throws TypeError for bool; RangeError for other ranks, and for more than there is to add.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('ReflectionPad1d.forward', arguments, 1, 'input');
    return pad(input, this.padding, { mode: 'reflect' });
  }

  /** @internal */
  override extraRepr(): string {
    return shown(this.padding);
  }
}

/**
 * Pads the last dimension with its first and last element (torch.nn.ReplicationPad1d).
 * Shapes: [N, C, L] or [C, L] to [N, C, left + L + right] or [C, left + L + right].
 * @throws TypeError, RangeError unless `padding` is an integer or two.
 * @example new nn.ReplicationPad1d(1).forward(tensor([[1, 2]])) // [[1, 1, 2, 2]]
 */
export class ReplicationPad1d extends Module {
  /** [left, right]. */
  readonly padding: Sides;
  /** @param padding how many elements on the left and on the right, or one number for both; negative numbers crop */
  constructor(padding: Padding1d) {
    if (arguments.length > 1) surplus('ReplicationPad1d', arguments, 1, 'padding');
    super();
    this.padding = sidesOf('ReplicationPad1d', padding);
  }

  /**
   * `input` with its last dimension padded.
   * @throws TypeError for bool; RangeError for other ranks, and for more than there is to add.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('ReplicationPad1d.forward', arguments, 1, 'input');
    return pad(input, this.padding, { mode: 'replicate' });
  }

  /** @internal */
  override extraRepr(): string {
    return shown(this.padding);
  }
}

/**
 * Pads the last dimension with the elements of its other end (torch.nn.CircularPad1d).
 * Shapes: [N, C, L] or [C, L] to [N, C, left + L + right] or [C, left + L + right].
 * @throws TypeError, RangeError unless `padding` is an integer or two.
 * @example new nn.CircularPad1d(1).forward(tensor([[1, 2, 3]])) // [[3, 1, 2, 3, 1]]
 */
export class CircularPad1d extends Module {
  /** [left, right]. */
  readonly padding: Sides;
  /** @param padding how many elements on the left and on the right, or one number for both; negative numbers crop */
  constructor(padding: Padding1d) {
    if (arguments.length > 1) surplus('CircularPad1d', arguments, 1, 'padding');
    super();
    this.padding = sidesOf('CircularPad1d', padding);
  }

  /**
   * `input` with its last dimension padded.
   * @throws RangeError for other ranks, and for more than there is to add.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('CircularPad1d.forward', arguments, 1, 'input');
    return pad(input, this.padding, { mode: 'circular' });
  }

  /** @internal */
  override extraRepr(): string {
    return shown(this.padding);
  }
}
