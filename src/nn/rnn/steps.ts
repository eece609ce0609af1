/**
 * One step of each cell in primitive operations: the equations, readable, differentiable any number of times.
 * The fused kernels are tested against these.
 *
 * Shapes: x [N, I] or [I], h and c [N, H] or [H]; weights [G·H, I] and [G·H, H] with the gates stacked in
 * PyTorch's order, biases [G·H] or null.
 */
import { add, chunk, linear, mul, relu, sigmoid, sub, tanh } from '../../ops';
import type { Tensor } from '../../tensor/tensor';

/** The weights of one cell: weight_ih, weight_hh, bias_ih, bias_hh. */
export type CellWeights = readonly [
  weightIh: Tensor,
  weightHh: Tensor,
  biasIh: Tensor | null,
  biasHh: Tensor | null,
];

/** h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu in place of tanh. */
export function rnnStep(
  x: Tensor,
  h: Tensor,
  [weightIh, weightHh, biasIh, biasHh]: CellWeights,
  nonlinearity: 'tanh' | 'relu' = 'tanh',
): Tensor {
  const sum = add(linear(x, weightIh, biasIh), linear(h, weightHh, biasHh));
  return nonlinearity === 'tanh' ? tanh(sum) : relu(sum);
}

/**
 * i, f, g, o = W_ih x + b_ih + W_hh h + b_hh;
 * c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c') (Hochreiter & Schmidhuber 1997, with forget gates).
 */
export function lstmStep(
  x: Tensor,
  [h, c]: readonly [Tensor, Tensor],
  [weightIh, weightHh, biasIh, biasHh]: CellWeights,
): [Tensor, Tensor] {
  const gates = add(linear(x, weightIh, biasIh), linear(h, weightHh, biasHh));
  const [i, f, g, o] = chunk(gates, 4, -1);
  const cell = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
  return [mul(sigmoid(o), tanh(cell)), cell];
}

/**
 * r, z = σ(W x + b + W h + b'); n = tanh(W_in x + b_in + r·(W_hn h + b_hn));
 * h' = (1 − z)·n + z·h (Cho et al. 2014, the reset applied after the hidden product).
 */
export function gruStep(
  x: Tensor,
  h: Tensor,
  [weightIh, weightHh, biasIh, biasHh]: CellWeights,
): Tensor {
  const [xr, xz, xn] = chunk(linear(x, weightIh, biasIh), 3, -1);
  const [hr, hz, hn] = chunk(linear(h, weightHh, biasHh), 3, -1);
  const r = sigmoid(add(xr, hr));
  const z = sigmoid(add(xz, hz));
  const n = tanh(add(xn, mul(r, hn)));
  return add(mul(sub(1, z), n), mul(z, h));
}
