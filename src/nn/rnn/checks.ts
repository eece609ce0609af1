/** What recurrent layers refuse: options that do not go together, inputs and states that do not fit. */
import { anyTensor, isTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import type { Zoneout, ReturnStates } from './variants';

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

// Above any net: a larger number is a mistake that would allocate for minutes.
const mostLayers = 10_000;

/** The options of a layer that exclude one another. */
export interface Combination {
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly projSize: number;
  readonly recurrentDropout: number;
  readonly zoneout: Zoneout;
  readonly peephole: boolean;
  readonly layerNorm: boolean;
  readonly unitForgetBias: boolean;
  readonly returnStates: ReturnStates;
}

/** @throws RangeError for options of which one has no form beside another. */
export function checkCombination(name: string, options: Combination): void {
  const { hiddenSize, numLayers, bias, dropout, projSize, recurrentDropout, zoneout } = options;
  if (dropout > 0 && numLayers === 1) {
    process.emitWarning(
      `${name}: dropout is applied between layers, so dropout ${dropout} does nothing with numLayers 1`,
    );
  }
  if (options.unitForgetBias && !bias) {
    throw new RangeError(`${name}: unitForgetBias needs the biases that bias: false leaves out`);
  }
  if (projSize > 0 && projSize >= hiddenSize) {
    throw new RangeError(
      `${name}: projSize must be below hiddenSize (${hiddenSize}), or 0 for no projection, got ${projSize}`,
    );
  }
  if (options.layerNorm) checkNormalized(name, options);
  const masked = recurrentDropout > 0 ? 'recurrentDropout' : 'zoneout';
  if (projSize > 0 && (recurrentDropout > 0 || zoneout.h > 0 || zoneout.c > 0)) {
    throw new RangeError(
      `${name}: ${masked} has no form for a projected state, got projSize ${projSize}; leave one of them out`,
    );
  }
  if (numLayers > mostLayers) {
    throw new RangeError(`${name}: numLayers must be at most ${mostLayers}, got ${numLayers}`);
  }
}

/** @throws RangeError for what a layer-normalized layer has not. */
export function checkNormalized(
  name: string,
  options: Pick<
    Combination,
    'projSize' | 'recurrentDropout' | 'zoneout' | 'peephole' | 'returnStates'
  >,
): void {
  const { projSize, recurrentDropout, zoneout, peephole, returnStates } = options;
  const other =
    projSize > 0
      ? 'projSize'
      : recurrentDropout > 0
        ? 'recurrentDropout'
        : zoneout.h > 0 || zoneout.c > 0
          ? 'zoneout'
          : peephole
            ? 'peephole'
            : returnStates === 'gates'
              ? "returnStates 'gates'"
              : null;
  if (other === null) return;
  throw new RangeError(`${name}: layerNorm has no form with ${other}; leave one of them out`);
}

/** @throws RangeError, TypeError unless x [..., features] is what a layer with these weights takes. */
export function checkInput(
  name: string,
  x: Tensor,
  inputSize: number,
  batchFirst: boolean,
  weight: unknown,
): void {
  const features = sizesOf(x)[x.ndim - 1];
  if (features !== inputSize) {
    const dims = x.ndim === 2 ? '[T' : batchFirst ? '[N, T' : '[T, N';
    throw new RangeError(
      `${name}: input has ${plural(features, 'feature')}, but this layer was built with inputSize ${inputSize} (input ${showShape(sizesOf(x))}, expected ${dims}, ${inputSize}])`,
    );
  }
  if (isTensor(weight) && x.dtype !== weight.dtype) {
    throw new TypeError(
      `${name}: input is ${x.dtype}, but the weights are ${weight.dtype}; convert one, for example input.to('${weight.dtype}')`,
    );
  }
}

/**
 * @param which h0 or c0
 * @param twoWays whether there are two directions
 * @param features what the last size is called
 * @throws TypeError, RangeError unless the state has the shape and element type expected.
 */
export function checkState(
  name: string,
  which: string,
  state: Tensor,
  expected: readonly number[],
  dtype: string,
  twoWays: boolean,
  features: string,
): void {
  anyTensor.check(name, which, state);
  if (!sameShape(sizesOf(state), expected)) {
    const batch = expected.length === 3 ? ', batch' : '';
    throw new RangeError(
      `${name}: ${which} has shape ${showShape(sizesOf(state))}, expected ${showShape(expected)} ([numLayers${twoWays ? ' · 2' : ''} = ${expected[0]}${batch}, ${features}])`,
    );
  }
  if (state.dtype !== dtype) {
    throw new TypeError(`${name}: ${which} is ${state.dtype}, but the input is ${dtype}`);
  }
}
