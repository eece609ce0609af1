/**
 * What sequence.ts computes, in primitive operations: one step after the other, by the equations of steps.ts. It is what
 * the fused layers are differentiated twice by.
 */
import type { Tensor } from '../../tensor/tensor';
import { constant } from '../creation/factories';
import { cat, stack } from '../joining/cat';
import { linear } from '../matmul/linear';
import { narrow, select } from '../view/select';
import type { DirectionWeights, SequenceOptions, SequenceResult } from './call';
import { cells, stateSize, type CellKind } from './cells';
import { gruStep, janetStep, lstmStep, rnnStep } from './steps';

interface State {
  readonly h: Tensor;
  readonly c: Tensor | null;
}

type Step = (ofX: Tensor, before: State) => State;

/** The step of each cell, before a projection. */
const stepOfCell: Readonly<
  Record<CellKind, (ofX: Tensor, ofH: Tensor, before: State, relu: boolean) => State>
> = {
  rnn: (ofX, ofH, { c }, relu) => ({ h: rnnStep(ofX, ofH, relu), c }),
  lstm: (ofX, ofH, before) => {
    const [h, c] = lstmStep(ofX, ofH, before.c!);
    return { h, c };
  },
  gru: (ofX, ofH, { h, c }) => ({ h: gruStep(ofX, ofH, h), c }),
  janet: (ofX, ofH, { h, c }) => ({ h: janetStep(ofX, ofH, h), c }),
};

function stepOf(
  kind: CellKind,
  [, weightHh, , biasHh, weightHr]: DirectionWeights,
  relu: boolean,
): Step {
  const step = stepOfCell[kind];
  return (ofX, before) => {
    const after = step(ofX, linear(before.h, weightHh, biasHh), before, relu);
    return weightHr === null ? after : { h: linear(after.h, weightHr), c: after.c };
  };
}

// The first `rows` of all are replaced.
const withRows = (all: Tensor, rows: number, by: Tensor): Tensor =>
  rows === all.sizes[0] ? by : cat([by, narrow(all, 0, rows, all.sizes[0] - rows)], 0);

/** One direction. `rows[t]` says how many rows are active at step t, the first ones; `at` what x adds to their gates. */
function run(
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
    const active = (x: Tensor): Tensor => (rows[t] === x.sizes[0] ? x : narrow(x, 0, 0, rows[t]));
    const after = step(at(t), { h: active(h), c: c && active(c) });
    states[t] = after;
    h = withRows(h, rows[t], after.h);
    c = c && withRows(c, rows[t], after.c!);
  }
  return [states, { h, c }];
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
  const { sizes, batch, batchSizes, batchFirst, relu, returnsCells } = options;
  const { hasCellState } = cells[kind];
  const packed = batchSizes !== null;
  const time = batchFirst ? 1 : 0;
  const rows = packed
    ? Array.from(batchSizes.toTypedArray())
    : new Array<number>(x.sizes[time]).fill(batch);
  const firstRows: number[] = [];
  let before = 0;
  for (const n of rows) {
    firstRows.push(before);
    before += n;
  }
  const stateOf = (given: Tensor | null, d: number, features: number): Tensor =>
    given === null ? constant([batch, features], 0, x.dtype) : select(given, 0, d);
  const outs: Tensor[] = [];
  const cellStates: Tensor[] = [];
  const last: State[] = [];
  for (const [d, direction] of weights.entries()) {
    const ofX = linear(x, direction[0], direction[2]);
    const at = (t: number): Tensor =>
      packed ? narrow(ofX, 0, firstRows[t], rows[t]) : select(ofX, time, t);
    const start: State = {
      h: stateOf(h0, d, stateSize(sizes)),
      c: hasCellState ? stateOf(c0, d, sizes.hiddenSize) : null,
    };
    const [states, end] = run(stepOf(kind, direction, relu), start, rows, at, d === 1);
    const hs = states.map(({ h }) => h);
    outs.push(packed ? cat(hs, 0) : stack(hs, time));
    if (hasCellState && returnsCells) {
      const cs = states.map(({ c }) => c!);
      cellStates.push(packed ? cat(cs, 0) : stack(cs, 0));
    }
    last.push(end);
  }
  return [
    outs.length === 1 ? outs[0] : cat(outs, -1),
    stack(last.map(({ h }) => h)),
    hasCellState ? stack(last.map(({ c }) => c!)) : null,
    cellStates,
  ];
}
