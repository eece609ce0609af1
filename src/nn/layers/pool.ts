/** Pooling layers of signals. Each is the function in nn.functional. */
import { number, surplus } from '../../check';
import { numberOf, sizeOf, type Single } from '../../ops/convolution/arguments';
import type { Tensor } from '../../tensor/tensor';
import {
  adaptiveAvgPool1d,
  adaptiveMaxPool1d,
  adaptiveMaxPoolOptions,
  avgPool1d,
  avgPoolOptions,
  lpPool1d,
  lpPoolOptions,
  maxPool1d,
  maxPoolOptions,
  type AdaptiveMaxPool1dOptions,
  type AvgPool1dOptions,
  type LPPool1dOptions,
  type MaxPool1dOptions,
  type Pooled,
} from '../functional/pool';
import { Module } from '../module';
import { showBoolean, showTuple } from '../print';

const sizeAndStride = (
  name: string,
  kernelSize: Single,
  stride: Single | null,
): readonly [number, number] => {
  const size = sizeOf(name, 'kernelSize', kernelSize, 1);
  return [size, stride === null ? size : sizeOf(name, 'stride', stride, 1)];
};

/**
 * The largest element of each window (torch.nn.MaxPool1d).
 *
 * Shapes: [N, C, L] to [N, C, T], or without N; T = ⌊(L + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example new nn.MaxPool1d(3, { stride: 2 }).forward(randn([20, 16, 50])).shape // [20, 16, 24]
 */
export class MaxPool1d<Indices extends boolean = false> extends Module {
  /** Elements of a window. */
  readonly kernelSize: number;
  /** Steps between windows. */
  readonly stride: number;
  /** Elements that are added at both ends. */
  readonly padding: number;
  /** Steps between the elements of a window. */
  readonly dilation: number;
  /** Whether forward returns the places of the elements as well. */
  readonly returnIndices: Indices;
  /** Whether a last window that reaches past the end counts. */
  readonly ceilMode: boolean;

  /** @param kernelSize elements of a window */
  constructor(kernelSize: Single, options?: MaxPool1dOptions<Indices>) {
    if (arguments.length > 2) surplus('MaxPool1d', arguments, 2, 'options');
    super();
    const { stride, padding, dilation, returnIndices, ceilMode } = maxPoolOptions.read(
      options,
      'MaxPool1d',
    );
    [this.kernelSize, this.stride] = sizeAndStride('MaxPool1d', kernelSize, stride);
    this.padding = numberOf(padding);
    this.dilation = numberOf(dilation);
    this.returnIndices = returnIndices as Indices;
    this.ceilMode = ceilMode;
  }

  /**
   * The largest elements; with `returnIndices` also where along L they are.
   * @throws TypeError, RangeError for another number of dimensions, and a window longer than the padded input.
   */
  forward(input: Tensor): Pooled<Indices> {
    if (arguments.length > 1) surplus('MaxPool1d.forward', arguments, 1, 'input');
    const { kernelSize, stride, padding, dilation, returnIndices, ceilMode } = this;
    return maxPool1d(input, kernelSize, { stride, padding, dilation, returnIndices, ceilMode });
  }

  /** @internal */
  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return `kernelSize=${kernelSize}, stride=${stride}, padding=${padding}, dilation=${dilation}, ceilMode=${showBoolean(ceilMode)}`;
  }
}

/**
 * The mean of each window (torch.nn.AvgPool1d).
 *
 * Shapes: [N, C, L] to [N, C, T], or without N; T = ⌊(L + 2·padding − kernelSize) / stride⌋ + 1.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example new nn.AvgPool1d(3, { stride: 2 }).forward(randn([20, 16, 50])).shape // [20, 16, 24]
 */
export class AvgPool1d extends Module {
  /** Elements of a window, as an array of one. */
  readonly kernelSize: readonly number[];
  /** Steps between windows, as an array of one. */
  readonly stride: readonly number[];
  /** Zeros at both ends, as an array of one. */
  readonly padding: readonly number[];
  /** Whether a last window that reaches past the end counts. */
  readonly ceilMode: boolean;
  /** Whether zeros of the padding count in the mean. */
  readonly countIncludePad: boolean;

  /** @param kernelSize elements of a window */
  constructor(kernelSize: Single, options?: AvgPool1dOptions) {
    if (arguments.length > 2) surplus('AvgPool1d', arguments, 2, 'options');
    super();
    const { stride, padding, ceilMode, countIncludePad } = avgPoolOptions.read(
      options,
      'AvgPool1d',
    );
    const [size, step] = sizeAndStride('AvgPool1d', kernelSize, stride);
    this.kernelSize = [size];
    this.stride = [step];
    this.padding = [numberOf(padding)];
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
  }

  /**
   * The means of the windows.
   * @throws TypeError, RangeError for another number of dimensions or element type, and a window longer than the padded input.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('AvgPool1d.forward', arguments, 1, 'input');
    const { kernelSize, stride, padding, ceilMode, countIncludePad } = this;
    return avgPool1d(input, kernelSize, { stride, padding, ceilMode, countIncludePad });
  }

  /** @internal */
  override extraRepr(): string {
    const { kernelSize, stride, padding } = this;
    return `kernelSize=${showTuple(kernelSize)}, stride=${showTuple(stride)}, padding=${showTuple(padding)}`;
  }
}

/**
 * The mean of each of `outputSize` windows of about one size that cover the signal (torch.nn.AdaptiveAvgPool1d).
 *
 * Shapes: [N, C, L] to [N, C, outputSize], or without N.
 * @throws TypeError, RangeError unless `outputSize` is a size.
 * @example new nn.AdaptiveAvgPool1d(5).forward(randn([20, 16, 50])).shape // [20, 16, 5]
 */
export class AdaptiveAvgPool1d extends Module {
  /** Positions of an output. */
  readonly outputSize: number;

  /** @param outputSize positions of an output */
  constructor(outputSize: Single) {
    if (arguments.length > 1) surplus('AdaptiveAvgPool1d', arguments, 1, 'outputSize');
    super();
    this.outputSize = sizeOf('AdaptiveAvgPool1d', 'outputSize', outputSize, 1);
  }

  /**
   * The means of the windows.
   * @throws TypeError, RangeError for another number of dimensions or element type.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('AdaptiveAvgPool1d.forward', arguments, 1, 'input');
    return adaptiveAvgPool1d(input, this.outputSize);
  }

  /** @internal */
  override extraRepr(): string {
    return `outputSize=${this.outputSize}`;
  }
}

/**
 * The largest element of each of `outputSize` windows of about one size that cover the signal (torch.nn.AdaptiveMaxPool1d).
 *
 * Shapes: [N, C, L] to [N, C, outputSize], or without N.
 * @throws TypeError, RangeError unless `outputSize` is a size.
 * @example new nn.AdaptiveMaxPool1d(5).forward(randn([20, 16, 50])).shape // [20, 16, 5]
 */
export class AdaptiveMaxPool1d<Indices extends boolean = false> extends Module {
  /** Positions of an output. */
  readonly outputSize: number;
  /** Whether forward returns the places of the elements as well. */
  readonly returnIndices: Indices;

  /** @param outputSize positions of an output */
  constructor(outputSize: Single, options?: AdaptiveMaxPool1dOptions<Indices>) {
    if (arguments.length > 2) surplus('AdaptiveMaxPool1d', arguments, 2, 'options');
    super();
    this.outputSize = sizeOf('AdaptiveMaxPool1d', 'outputSize', outputSize, 1);
    this.returnIndices = adaptiveMaxPoolOptions.read(options, 'AdaptiveMaxPool1d')
      .returnIndices as Indices;
  }

  /**
   * The largest elements; with `returnIndices` also where along L they are.
   * @throws TypeError, RangeError for another number of dimensions.
   */
  forward(input: Tensor): Pooled<Indices> {
    if (arguments.length > 1) surplus('AdaptiveMaxPool1d.forward', arguments, 1, 'input');
    return adaptiveMaxPool1d(input, this.outputSize, { returnIndices: this.returnIndices });
  }

  /** @internal */
  override extraRepr(): string {
    return `outputSize=${this.outputSize}`;
  }
}

/**
 * (Σ xᵖ)^(1/p) of each window (torch.nn.LPPool1d).
 *
 * Shapes: [N, C, L] to [N, C, T], or without N; T = ⌊(L − kernelSize) / stride⌋ + 1.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example new nn.LPPool1d(2, 3).forward(randn([20, 16, 50])).shape // [20, 16, 16]
 */
export class LPPool1d extends Module {
  /** Elements of a window. */
  readonly kernelSize: number;
  /** Steps between windows. */
  readonly stride: number;
  /** Whether a last window that reaches past the end counts. */
  readonly ceilMode: boolean;

  /**
   * @param normType p
   * @param kernelSize elements of a window
   */
  constructor(
    /** p. */
    readonly normType: number,
    kernelSize: Single,
    options?: LPPool1dOptions,
  ) {
    if (arguments.length > 3) surplus('LPPool1d', arguments, 3, 'options');
    super();
    number.check('LPPool1d', 'normType', normType);
    const { stride, ceilMode } = lpPoolOptions.read(options, 'LPPool1d');
    [this.kernelSize, this.stride] = sizeAndStride('LPPool1d', kernelSize, stride);
    this.ceilMode = ceilMode;
  }

  /**
   * The norms of the windows.
   * @throws TypeError, RangeError for another number of dimensions or element type, and a window longer than the input.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('LPPool1d.forward', arguments, 1, 'input');
    const { normType, kernelSize, stride, ceilMode } = this;
    return lpPool1d(input, normType, kernelSize, { stride, ceilMode });
  }

  /** @internal */
  override extraRepr(): string {
    const { normType, kernelSize, stride, ceilMode } = this;
    return `normType=${normType}, kernelSize=${kernelSize}, stride=${stride}, ceilMode=${showBoolean(ceilMode)}`;
  }
}
