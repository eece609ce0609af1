/** The cases of `bench:ops`, and a case as a work that runs beside PyTorch. */
import { manualSeed, noGrad, type Tensor } from 'ostinato';
import { filled, type Results, type Work } from '../works/work';
import { isDifferentiable, operand, type Case } from './case';
import { elementwise } from './elementwise';
import { losses } from './losses';
import { moves } from './moves';
import { products } from './products';
import { orders, reductions } from './reductions';

export type { Case } from './case';
export type Size = readonly [number, number];

export const sizes: readonly Size[] = [
  [2, 4],
  [16, 64],
  [256, 512],
  [2048, 2048],
  [256, 10_000],
];

/** What every size and number of threads is held to, against PyTorch. */
export const goals = { mean: 1.5, least: 0.9 } as const;

export const cases: readonly Case[] = [
  ...elementwise,
  ...reductions,
  ...orders,
  ...moves,
  ...products,
  ...losses,
];

const first = (results: Tensor | readonly Tensor[]): Tensor =>
  Array.isArray(results) ? (results as readonly Tensor[])[0] : (results as Tensor);

/** Calls of one run: so many that reading the clock does not count. */
const callsOf = ([R, C]: Size): number => (R * C <= 1024 ? 50 : 1);

export function work(one: Case, size: Size, threads: number, backward: boolean): Work {
  const perRun = callsOf(size);
  return {
    name: one.name,
    group: 'operations',
    goals: [{ than: 'torch', times: goals.least }],
    threads,
    perRun,
    torch: { work: 'operation', args: [one.torch, one.operands, size, backward, perRun] },
    make: () => (backward ? withGradients(one, size, perRun) : alone(one, size, perRun)),
  };
}

/** The operation alone. */
function alone({ operands, own }: Case, size: Size, perRun: number): ReturnType<Work['make']> {
  const [a, b, c] = operands.map((kind, i) => operand(kind, size, i));
  const many = (): void => {
    for (let i = 0; i < perRun; i++) own(a, b, c);
  };
  return {
    run: () => noGrad(many),
    result: () => {
      manualSeed(0);
      return [first(noGrad(() => own(a, b, c)))];
    },
  };
}

/** The operation and the gradients of its float operands. */
function withGradients(
  { operands, own }: Case,
  size: Size,
  perRun: number,
): ReturnType<Work['make']> {
  const given = operands.map((kind, i) => operand(kind, size, i).detach());
  const [a, b, c] = given;
  const leaves = given.filter((_, i) => isDifferentiable(operands[i]));
  for (const leaf of leaves) leaf.requiresGrad_();
  const { shape, dtype } = first(noGrad(() => own(a, b, c)));
  const along = filled(shape, 5).to(dtype);
  const step = (): void => {
    for (const leaf of leaves) leaf.grad = null;
    first(own(a, b, c)).backward({ gradient: along });
  };
  return {
    run: () => {
      for (let i = 0; i < perRun; i++) step();
    },
    result: (): Results => {
      manualSeed(0);
      step();
      return leaves.map((leaf) => leaf.grad!);
    },
  };
}
