// Programs put together at random, of views, elementwise operations, products, reductions and changes in place: compiled,
// each has the bits that it has by itself, forward and backward, whatever is fused, planned and packed.
import {
  autograd,
  cat,
  compile,
  manualSeed,
  randn,
  setNumThreads,
  slice,
  type Tensor,
} from 'ostinato';
import { expectSameBits } from '../support';

/** Whole numbers below n, the same in each run of a test. */
function chooser(seed: number): (n: number) => number {
  let state = BigInt(seed) * 2654435761n + 12345n;
  return (n) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
    return Number((state >> 33n) % BigInt(n));
  };
}

type Step = (pool: Tensor[], weights: readonly Tensor[]) => Tensor;

/** A step that takes matrices of [rows, columns] from the pool and makes another. */
function randomStep(pick: (n: number) => number, columns: number): Step {
  const [a, b, kind, part] = [pick(1 << 20), pick(1 << 20), pick(16), pick(columns - 1) + 1];
  const of = (pool: Tensor[], at: number): Tensor => pool[at % pool.length];
  const steps: Step[] = [
    (p) => of(p, a).add(of(p, b)),
    (p) => of(p, a).mul(of(p, b)),
    (p) => of(p, a).sub(of(p, b)).mul(0.5),
    (p) => of(p, a).tanh(),
    (p) => of(p, a).sigmoid(),
    (p) => of(p, a).mul(0.25).exp(),
    (p) => of(p, a).relu().add(0.125),
    (p) => of(p, a).add(of(p, b).at(0)),
    (p) => of(p, a).sub(of(p, b).mean(1, { keepdim: true })),
    (p, w) =>
      of(p, a)
        .matmul(w[b % w.length])
        .tanh(),
    (p, w) =>
      of(p, a)
        .matmul(w[b % w.length].t())
        .tanh(),
    (p) => {
      const [left, right] = of(p, a).split([part, columns - part], 1);
      return cat([right.sigmoid(), left.mul(2)], 1).tanh();
    },
    (p) => of(p, a).flip([0]).mul(of(p, b)),
    (p) => {
      const copy = of(p, a).mul(0.5);
      copy.at(':', slice(0, part)).mul_(of(p, b).at(':', slice(columns - part, columns)));
      return copy.sigmoid();
    },
    (p) => of(p, a).softmax(1),
    (p) => of(p, a).where(of(p, b).gt(0), of(p, b).neg()),
  ];
  return steps[kind];
}

it.each(Array.from({ length: 60 }, (_, seed) => seed))('program %d', (seed) => {
  const pick = chooser(seed);
  const sizes = [1, 3, 7, 33, 120, 400];
  const rows = sizes[pick(sizes.length)];
  const columns = [4, 17, 64, 90][pick(4)];
  const steps = Array.from({ length: 6 + pick(30) }, () => randomStep(pick, columns));
  const f = (...[x, y, ...weights]: Tensor[]): Tensor[] => {
    const pool = [x, y];
    for (const step of steps) pool.push(step(pool, weights));
    return [pool[pool.length - 1], pool[2 + (seed % (pool.length - 2))]];
  };
  manualSeed(seed);
  const dtype = seed % 3 === 0 ? 'float64' : 'float32';
  const compiled = compile(f);
  for (let round = 0; round < 2; round++) {
    setNumThreads(1 + round);
    const inputs = [
      ...[0, 1].map(() => randn([rows, columns], { dtype })),
      ...[0, 1].map(() => randn([columns, columns], { dtype }).mul(0.2)),
    ].map((x) => x.detach().requiresGrad_());
    const [a, b] = [compiled(...inputs), f(...inputs)];
    expectSameBits(a, b);
    const gradOutputs = b.map((out) => randn(out.shape, { dtype }));
    const which = b.flatMap((out, i) => (out.requiresGrad ? [i] : []));
    const gradsOf = (outs: Tensor[]): (Tensor | null)[] =>
      autograd.grad(
        which.map((i) => outs[i]),
        inputs,
        { gradOutputs: which.map((i) => gradOutputs[i]), allowUnused: true },
      );
    expectSameBits(gradsOf(a), gradsOf(b));
  }
});
