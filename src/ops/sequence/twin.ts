/**
 * What sequence.ts computes, in primitive operations: one step after the other, by the equations of steps.ts. It is what
 * the fused layers are differentiated twice by.
 */
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { constant } from '../creation/factories';
import { mul } from '../elementwise/arithmetic';
import { cat, stack } from '../joining/cat';
import { linear } from '../matmul/linear';
import { narrow, select } from '../view/select';
import type { DirectionVariant, DirectionWeights, SequenceOptions, SequenceResult } from './call';
import { cells, stateSize, type CellKind } from './cells';
import { gruStep, janetStep, lstmStep, rnnStep, zoneoutStep } from './steps';

export interface State {
  readonly h: Tensor;
  readonly c: Tensor | null;
  /** Of the step that made it, as the kernels save them; where they are wanted. */
  readonly gates?: Tensor[];
}

/** Of x's part of step t and the state before, both of the rows that are active there. */
type Step = (ofX: Tensor, before: State, t: number) => State;

/** The step of each cell, before a projection. */
const stepOfCell: Readonly<
  Record<
    CellKind,
    (ofX: Tensor, ofH: Tensor, before: State, relu: boolean, peepholes: Tensor | null) => State
  >
> = {
  rnn: (ofX, ofH, { c }, relu) => ({ h: rnnStep(ofX, ofH, relu), c }),
  lstm: (ofX, ofH, before, _relu, peepholes) => {
    const [h, c, gates] = lstmStep(ofX, ofH, before.c!, peepholes);
    return { h, c, gates };
  },
  gru: (ofX, ofH, before) => {
    const [h, gates] = gruStep(ofX, ofH, before.h);
    return { h, c: null, gates };
  },
  janet: (ofX, ofH, { h, c }) => ({ h: janetStep(ofX, ofH, h), c }),
};

function stepOf(
  kind: CellKind,
  [, weightHh, , biasHh, weightHr, weightCh]: DirectionWeights,
  relu: boolean,
  variant: DirectionVariant | null,
  at: (x: Tensor, t: number) => Tensor,
): Step {
  const step = stepOfCell[kind];
  const { recurrentMask, zoneoutH, zoneoutC } = variant ?? noVariant;
  const keep = (k: Tensor | null, before: Tensor, after: Tensor, t: number): Tensor =>
    k === null ? after : zoneoutStep(k.ndim === 1 ? k : at(k, t), before, after);
  return (ofX, before, t) => {
    const { h, c } = before;
    const seen = recurrentMask && narrow(recurrentMask, 0, 0, sizesOf(h)[0]);
    const ofH = linear(seen === null ? h : mul(h, seen), weightHh, biasHh);
    const after = step(ofX, ofH, before, relu, weightCh);
    return {
      h: keep(zoneoutH, h, weightHr === null ? after.h : linear(after.h, weightHr), t),
      c: c && keep(zoneoutC, c, after.c!, t),
      gates: after.gates,
    };
  };
}

const noVariant: DirectionVariant = { recurrentMask: null, zoneoutH: null, zoneoutC: null };

// The first `rows` of all are replaced.
const withRows = (all: Tensor, rows: number, by: Tensor): Tensor =>
  rows === sizesOf(all)[0] ? by : cat([by, narrow(all, 0, rows, sizesOf(all)[0] - rows)], 0);

/** One direction. `rows[t]` says how many rows are active at step t, the first ones; `at` what x adds to their gates. */
export function run(
  step: Step,
  start: State,
  rows: readonly number[],
  at: (t: number) => Tensor,
  reverse: boolean,
): [states: State[], last: State] {
  const steps = rows.length;
  const states = new Array<State>(steps);
  let { h, c } = start;
  for (let i = 0; i < steps; i++) {
    const t = reverse ? steps - 1 - i : i;
    const active = (x: Tensor): Tensor =>
      rows[t] === sizesOf(x)[0] ? x : narrow(x, 0, 0, rows[t]);
    const after = step(at(t), { h: active(h), c: c && active(c) }, t);
    states[t] = after;
    h = withRows(h, rows[t], after.h);
    c = c && withRows(c, rows[t], after.c!);
  }
  return [states, { h, c }];
}

/** How many rows are active at each step, and where they begin in a packed sequence. */
export function rowsOfSteps(
  x: Tensor,
  { batchSizes, batchFirst, batch }: SequenceOptions,
): [rows: number[], firstRows: number[]] {
  const rows =
    batchSizes !== null
      ? Array.from(batchSizes.toTypedArray())
      : new Array<number>(sizesOf(x)[batchFirst ? 1 : 0]).fill(batch);
  const firstRows: number[] = [];
  let before = 0;
  for (const n of rows) {
    firstRows.push(before);
    before += n;
  }
  return [rows, firstRows];
}

/** The result of `sequence`, with a graph of primitive operations. */
export function primitiveSequence(
  kind: CellKind,
  x: Tensor,
  h0: Tensor | null,
  c0: Tensor | null,
  weights: readonly DirectionWeights[],
  options: SequenceOptions,
): SequenceResult {
  const { sizes, batch, batchSizes, batchFirst, relu, returnsCells, returnsGates, variants } =
    options;
  const { hasCellState } = cells[kind];
  const packed = batchSizes !== null;
  const time = batchFirst ? 1 : 0;
  const [rows, firstRows] = rowsOfSteps(x, options);
  const stateOf = (given: Tensor | null, d: number, features: number): Tensor =>
    given === null ? constant([batch, features], 0, x.dtype) : select(given, 0, d);
  const outs: Tensor[] = [];
  const cellStates: Tensor[] = [];
  const allGates: Tensor[] = [];
  const last: State[] = [];
  for (const [d, direction] of weights.entries()) {
    const ofX = linear(x, direction[0], direction[2]);
    // Of the rows of step t; what x adds to the gates may be batch first, zoneout is not.
    const at = (y: Tensor, t: number, dim = 0): Tensor =>
      packed ? narrow(y, 0, firstRows[t], rows[t]) : select(y, dim, t);
    const step = stepOf(kind, direction, relu, variants && variants[d], at);
    const start: State = {
      h: stateOf(h0, d, stateSize(sizes)),
      c: hasCellState ? stateOf(c0, d, sizes.hiddenSize) : null,
    };
    const [states, end] = run(step, start, rows, (t) => at(ofX, t, time), d === 1);
    const hs = states.map(({ h }) => h);
    outs.push(packed ? cat(hs, 0) : stack(hs, time));
    const joined = (all: Tensor[]): Tensor => (packed ? cat(all, 0) : stack(all, 0));
    if (hasCellState && returnsCells) cellStates.push(joined(states.map(({ c }) => c!)));
    if (returnsGates) allGates.push(joined(states.map(({ gates }) => cat(gates!, -1))));
    last.push(end);
  }
  return [
    outs.length === 1 ? outs[0] : cat(outs, -1),
    stack(last.map(({ h }) => h)),
    hasCellState ? stack(last.map(({ c }) => c!)) : null,
    cellStates,
    allGates,
  ];
}
