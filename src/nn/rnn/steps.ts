/**
 * One step of each cell in primitive operations, for users: the equations themselves are in ops/sequence/steps.ts.
 *
 * Shapes: x [N, I] or [I], h and c [N, H] or [H]; weights [G·H, I] and [G·H, H] with the gates stacked in
 * PyTorch's order, biases [G·H] or null.
 */
import { isArray, oneOf, refuse, surplus } from '../../check';
import { linear } from '../../ops';
import * as steps from '../../ops/sequence/steps';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';

/** The weights of one cell, with G gates: weight_ih [G · H, I], weight_hh [G · H, H], bias_ih and bias_hh [G · H] or null. */
export type CellWeights = readonly [
  weightIh: Tensor,
  weightHh: Tensor,
  biasIh: Tensor | null,
  biasHh: Tensor | null,
];

const biasRule = anyTensor.orNull;

function weightsOf(operation: string, given: CellWeights): CellWeights {
  if (!isArray(given) || given.length !== 4) {
    refuse(operation, 'weights', '[weight_ih, weight_hh, bias_ih, bias_hh]', given);
  }
  const [weightIh, weightHh, biasIh, biasHh] = given;
  return [
    anyTensor.check(operation, 'weight_ih', weightIh),
    anyTensor.check(operation, 'weight_hh', weightHh),
    biasRule.check(operation, 'bias_ih', biasIh),
    biasRule.check(operation, 'bias_hh', biasHh),
  ];
}

const anyNonlinearity = oneOf('tanh', 'relu');

/**
 * One step of an Elman network in primitive operations, differentiable any number of times:
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu in place of tanh. `RNN` and `RNNCell` compute the same in one kernel.
 *
 * Shapes: x [N, I] or [I], h [N, H] or [H], with G = 1 gate; the result is as h.
 * @throws TypeError, RangeError when an argument is no tensor or its shape does not fit.
 * @example
 * const weights = [randn([3, 2]), randn([3, 3]), null, null] as const;
 * nn.rnnStep(randn([5, 2]), zeros([5, 3]), weights).shape; // [5, 3]
 */
export function rnnStep(
  x: Tensor,
  h: Tensor,
  weights: CellWeights,
  nonlinearity: 'tanh' | 'relu' = 'tanh',
): Tensor {
  if (arguments.length > 4) surplus('rnnStep', arguments, 4, 'nonlinearity');
  anyTensor.check('rnnStep', 'x', x);
  anyTensor.check('rnnStep', 'h', h);
  anyNonlinearity.check('rnnStep', 'nonlinearity', nonlinearity);
  const [weightIh, weightHh, biasIh, biasHh] = weightsOf('rnnStep', weights);
  const [ofX, ofH] = [linear(x, weightIh, biasIh), linear(h, weightHh, biasHh)];
  return steps.rnnStep(ofX, ofH, nonlinearity === 'relu');
}

/**
 * One step of long short-term memory in primitive operations, differentiable any number of times:
 *
 *     i, f, g, o = W_ih x + b_ih + W_hh h + b_hh
 *     c' = σ(f)·c + σ(i)·tanh(g),  h' = σ(o)·tanh(c')
 *
 * (Hochreiter and Schmidhuber 1997, with forget gates). `LSTM` and `LSTMCell` compute the same in one kernel.
 *
 * Shapes: x [N, I] or [I], h and c [N, H] or [H], with G = 4 gates; the results are as h and c.
 * @returns [h', c']
 * @throws TypeError, RangeError when an argument is no tensor or its shape does not fit.
 * @example
 * const weights = [randn([12, 2]), randn([12, 3]), null, null] as const;
 * const [h, c] = nn.lstmStep(randn([5, 2]), [zeros([5, 3]), zeros([5, 3])], weights); // [5, 3], [5, 3]
 */
export function lstmStep(
  x: Tensor,
  state: readonly [h: Tensor, c: Tensor],
  weights: CellWeights,
): [h: Tensor, c: Tensor] {
  if (arguments.length > 3) surplus('lstmStep', arguments, 3, 'weights');
  anyTensor.check('lstmStep', 'x', x);
  if (!isArray(state) || state.length !== 2) refuse('lstmStep', 'state', 'a pair [h, c]', state);
  const h = anyTensor.check('lstmStep', 'h', state[0]);
  const c = anyTensor.check('lstmStep', 'c', state[1]);
  const [weightIh, weightHh, biasIh, biasHh] = weightsOf('lstmStep', weights);
  const [ofX, ofH] = [linear(x, weightIh, biasIh), linear(h, weightHh, biasHh)];
  const [after, cell] = steps.lstmStep(ofX, ofH, c);
  return [after, cell];
}

/**
 * One step of a gated recurrent unit in primitive operations, differentiable any number of times:
 *
 *     r, z = σ(W x + b + W h + b')
 *     n = tanh(W_in x + b_in + r·(W_hn h + b_hn)),  h' = (1 − z)·n + z·h
 *
 * (Cho et al. 2014, the reset applied after the hidden product). `GRU` and `GRUCell` compute the same in one kernel.
 *
 * Shapes: x [N, I] or [I], h [N, H] or [H], with G = 3 gates; the result is as h.
 * @throws TypeError, RangeError when an argument is no tensor or its shape does not fit.
 * @example
 * const weights = [randn([9, 2]), randn([9, 3]), null, null] as const;
 * nn.gruStep(randn([5, 2]), zeros([5, 3]), weights).shape; // [5, 3]
 */
export function gruStep(x: Tensor, h: Tensor, weights: CellWeights): Tensor {
  if (arguments.length > 3) surplus('gruStep', arguments, 3, 'weights');
  anyTensor.check('gruStep', 'x', x);
  anyTensor.check('gruStep', 'h', h);
  const [weightIh, weightHh, biasIh, biasHh] = weightsOf('gruStep', weights);
  return steps.gruStep(linear(x, weightIh, biasIh), linear(h, weightHh, biasHh), h)[0];
}

/**
 * One step of JANET, the LSTM that has a forget gate only, in primitive operations, differentiable any number of times:
 *
 *     s = W_if x + b_if + W_hf h + b_hf,  g = tanh(W_ig x + b_ig + W_hg h + b_hg)
 *     h' = σ(s)·h + (1 − σ(s − 1))·g
 *
 * (van der Westhuizen and Lasenby 2018, β = 1). `JANET` and `JANETCell` compute the same in one kernel.
 *
 * Shapes: x [N, I] or [I], h [N, H] or [H], with G = 2 gates, in the order f, g; the result is as h.
 * @throws TypeError, RangeError when an argument is no tensor or its shape does not fit.
 * @example
 * const weights = [randn([6, 2]), randn([6, 3]), null, null] as const;
 * nn.janetStep(randn([5, 2]), zeros([5, 3]), weights).shape; // [5, 3]
 */
export function janetStep(x: Tensor, h: Tensor, weights: CellWeights): Tensor {
  if (arguments.length > 3) surplus('janetStep', arguments, 3, 'weights');
  anyTensor.check('janetStep', 'x', x);
  anyTensor.check('janetStep', 'h', h);
  const [weightIh, weightHh, biasIh, biasHh] = weightsOf('janetStep', weights);
  return steps.janetStep(linear(x, weightIh, biasIh), linear(h, weightHh, biasHh), h);
}
