// LBFGS against PyTorch 2.13 (test/fixtures/lbfgs.py), what it continues from, and what it refuses.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arange, nn, ones, optim, tensor, zeros, type Tensor } from 'ostinato';
import { relativeError } from '../support';

interface Run {
  loss: 'bowl' | 'valley';
  dtype: 'float32' | 'float64';
  options: optim.LBFGSOptions;
  after: number[][][];
  losses: number[];
  evaluations: [number, number, number][];
}
const runs = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/lbfgs.json'), 'utf8'),
) as readonly Run[];

const losses: Readonly<Record<Run['loss'], (params: readonly Tensor[]) => Tensor>> = {
  bowl: (params) =>
    params
      .map((p, k) => {
        const i = arange(p.numel, { dtype: p.dtype }).reshape(p.shape);
        const x = p.sub(i.add(k).div(4));
        return i.add(1).mul(x).mul(x).add(x.pow(4).div(8)).sum();
      })
      .reduce((a, b) => a.add(b)),
  valley: ([x]) => {
    const [next, own] = [x.at('1:'), x.at(':-1')];
    return next.sub(own.square()).square().mul(100).add(own.neg().add(1).square()).sum();
  },
};
const shapes = { bowl: [[3, 2], [4]], valley: [[5]] };

const parametersOf = ({ loss, dtype }: Run): nn.Parameter[] =>
  shapes[loss].map((shape, k) => {
    const numel = shape.reduce((a, b) => a * b);
    const values = Float64Array.from({ length: numel }, (_, i) => (((i * 5 + k) % 7) - 3) / 4);
    return new nn.Parameter(tensor(values, { dtype }).reshape(shape));
  });

const closureOf = (run: Run, optimizer: optim.LBFGS, params: readonly Tensor[]) => (): Tensor => {
  optimizer.zeroGrad();
  const loss = losses[run.loss](params);
  loss.backward();
  return loss;
};

const titled = runs.map((run) => [`${run.loss} ${JSON.stringify(run.options)} ${run.dtype}`, run] as const); // prettier-ignore

it.each(titled)('%s', (_, run) => {
  const within = run.dtype === 'float32' ? 1e-5 : 1e-9;
  const params = parametersOf(run);
  const optimizer = new optim.LBFGS(params, run.options);
  const closure = closureOf(run, optimizer, params);
  for (const [i, after] of run.after.entries()) {
    const loss = optimizer.step(closure).item();
    expect(Math.abs(loss - run.losses[i])).toBeLessThanOrEqual(within * Math.max(1, run.losses[i]));
    params.forEach((p, k) => {
      expect(relativeError(p.toTypedArray(), after[k])).toBeLessThanOrEqual(within);
    });
    const { func_evals, n_iter, ro } = optimizer.stateDict().state[0];
    expect([func_evals, n_iter, (ro as number[] | undefined)?.length ?? 0]).toEqual(
      run.evaluations[i],
    );
  }
});

it.each(titled)('%s continues with the same bits from its state dict', (_, run) => {
  const [one, two] = [parametersOf(run), parametersOf(run)];
  const [first, second] = [one, two].map((params) => new optim.LBFGS(params, run.options));
  for (let i = 0; i < 3; i++) first.step(closureOf(run, first, one));
  two.forEach((p, k) => p.requiresGrad_(false).copy_(one[k].detach()).requiresGrad_());
  second.loadStateDict(first.stateDict());
  for (let i = 0; i < 2; i++) {
    first.step(closureOf(run, first, one));
    second.step(closureOf(run, second, two));
  }
  expect(two.map((p) => p.toArray())).toEqual(one.map((p) => p.toArray()));
});

it('takes a loss that is a number, and parameters without gradients or elements', () => {
  const [w, unused, none] = [ones([2]), ones([3]), zeros([0])].map((x) => x.requiresGrad_());
  const optimizer = new optim.LBFGS([w, unused, none]);
  const loss = optimizer.step(() => {
    optimizer.zeroGrad();
    const value = w.sub(3).square().sum();
    value.backward();
    return value.item();
  });
  expect(loss).toBe(8);
  expect(relativeError(w.toTypedArray(), [3, 3])).toBeLessThanOrEqual(1e-6);
  expect(unused.toArray()).toEqual([1, 1, 1]);
});

describe('refuses', () => {
  const leaf = (): Tensor => ones([2], { requiresGrad: true });
  const forced = (value: unknown): never => value as never;
  it.each<[string, () => unknown, Error]>([
    [
      'two groups',
      () => new optim.LBFGS([{ params: leaf() }, { params: leaf() }]),
      new RangeError('LBFGS: takes one group of parameters, without options of others'),
    ],
    [
      'a step without closure',
      () => new optim.LBFGS([leaf()]).step(),
      new TypeError('LBFGS.step: closure must be a function that computes the loss, got undefined'),
    ],
    [
      'a closure without loss',
      () => new optim.LBFGS([leaf()]).step(() => undefined),
      new TypeError(
        'LBFGS.step: the loss that closure returns must be a number or a tensor of one, got undefined',
      ),
    ],
    [
      'another line search',
      () => new optim.LBFGS([leaf()], { lineSearchFn: forced('wolfe') }),
      new RangeError("LBFGS: lineSearchFn must be 'strong_wolfe' or null, got 'wolfe'"),
    ],
    [
      'no history',
      () => new optim.LBFGS([leaf()], { historySize: 0 }),
      new RangeError('LBFGS: historySize must be an integer of at least 1, got 0'),
    ],
  ])('%s', (_, make, error) => {
    expect(make).toThrow(error);
  });

  it('a state that was changed to what does not fit, in memory or in a dict', () => {
    const made = (): [optim.LBFGS, Tensor] => {
      const w = leaf();
      const optimizer = new optim.LBFGS([w], { maxIter: 2, lr: 0.1 });
      optimizer.step(() => {
        optimizer.zeroGrad();
        w.square().sum().backward();
        return 1;
      });
      return [optimizer, w];
    };
    const [probe, first] = made();
    for (const key of Object.keys(probe.state.get(first)!)) {
      for (const value of ['5', {}, [zeros([1])], zeros([3]), zeros([2], { dtype: 'float64' })]) {
        const [optimizer, w] = made();
        const state = optimizer.state.get(w) as unknown as Record<string, unknown>;
        state[key] = value;
        const before = w.toArray();
        expect(() => optimizer.step(() => 1)).toThrow(
          /^LBFGS\.step: state\.\w+(\[0\])? must be .+, got .+$/,
        );
        expect(w.toArray()).toEqual(before);
      }
    }
    const [optimizer] = made();
    const dict = optimizer.stateDict();
    for (const key of Object.keys(dict.state[0])) {
      for (const value of ['5', {}, [zeros([1])], zeros([3])]) {
        const spoiled = { ...dict, state: { 0: { ...dict.state[0], [key]: value } } };
        expect(() => optimizer.loadStateDict(forced(spoiled))).toThrow(
          /^LBFGS\.loadStateDict: state\.\w+(\[0\])? must be .+, got .+$/,
        );
      }
    }
    expect(() => optimizer.loadStateDict({ ...dict, state: { 0: { n_iter: 2 } } })).toThrow(
      new RangeError(
        'LBFGS.loadStateDict: state.d, t, prevFlatGrad, prevLoss and hDiag must not be null after 2 iterations',
      ),
    );
  });
});
