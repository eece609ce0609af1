/**
 * One step of each cell in primitive operations: the equations, readable, differentiable any number of times. The fused
 * kernels are tested against these, and differentiated twice by them (twin.ts).
 *
 * Every step takes what x and h add to the gates, W_ih x + b_ih and W_hh h + b_hh, both [N, G·H] or [G·H], the gates in
 * PyTorch's order.
 */
import type { Tensor } from '../../tensor/tensor';
import { add, mul, sub } from '../elementwise/arithmetic';
import { relu, sigmoid, tanh } from '../elementwise/unary';
import { chunk } from '../joining/split';

/** h' = tanh(ofX + ofH), or max(ofX + ofH, 0). */
export const rnnStep = (ofX: Tensor, ofH: Tensor, withRelu: boolean): Tensor =>
  withRelu ? relu(add(ofX, ofH)) : tanh(add(ofX, ofH));

/**
 * i, f, g, o = ofX + ofH;  c' = σ(f)·c + σ(i)·tanh(g),  h' = σ(o)·tanh(c').
 * @param peepholes p [3 H] of i, f and o: i + p·c, f + p·c and o + p·c' in place of i, f and o
 */
export function lstmStep(
  ofX: Tensor,
  ofH: Tensor,
  c: Tensor,
  peepholes: Tensor | null = null,
): [h: Tensor, c: Tensor, gates: Tensor[]] {
  const [i, f, g, o] = chunk(add(ofX, ofH), 4, -1);
  const [ofI, ofF, ofO] = peepholes === null ? [null, null, null] : chunk(peepholes, 3, -1);
  const see = (gate: Tensor, p: Tensor | null, seen: Tensor): Tensor =>
    sigmoid(p === null ? gate : add(gate, mul(p, seen)));
  const [input, forget, candidate] = [see(i, ofI, c), see(f, ofF, c), tanh(g)];
  const cell = add(mul(forget, c), mul(input, candidate));
  const output = see(o, ofO, cell);
  return [mul(output, tanh(cell)), cell, [input, forget, candidate, output]];
}

/** The same with h' = σ(o)·tanh(LN(c')), LN being `normalize`; the gates are normalized already. */
export function normalizedLstmStep(
  ofX: Tensor,
  ofH: Tensor,
  c: Tensor,
  normalize: (c: Tensor) => Tensor,
): [h: Tensor, c: Tensor] {
  const [i, f, g, o] = chunk(add(ofX, ofH), 4, -1);
  const cell = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
  return [mul(sigmoid(o), tanh(normalize(cell))), cell];
}

/** k·before + (1 − k)·after: zoneout keeps a share k of the state before a step. */
export const zoneoutStep = (k: Tensor, before: Tensor, after: Tensor): Tensor =>
  add(mul(k, before), mul(sub(1, k), after));

/**
 * The gates that are returned are r, z and n, and n's part of h.
 *
 * r, z = σ(ofX + ofH);  n = tanh(ofX + r·ofH),  h' = (1 − z)·n + z·h.
 */
export function gruStep(ofX: Tensor, ofH: Tensor, h: Tensor): [h: Tensor, gates: Tensor[]] {
  const [xr, xz, xn] = chunk(ofX, 3, -1);
  const [hr, hz, hn] = chunk(ofH, 3, -1);
  const r = sigmoid(add(xr, hr));
  const z = sigmoid(add(xz, hz));
  const n = tanh(add(xn, mul(r, hn)));
  return [add(mul(sub(1, z), n), mul(z, h)), [r, z, n, hn]];
}

/** s, g = ofX + ofH;  h' = σ(s)·h + (1 − σ(s − 1))·tanh(g). */
export function janetStep(ofX: Tensor, ofH: Tensor, h: Tensor): Tensor {
  const [s, g] = chunk(add(ofX, ofH), 2, -1);
  return add(mul(sigmoid(s), h), mul(sub(1, sigmoid(sub(s, 1))), tanh(g)));
}
