// Optimizers against PyTorch 2.13 (test/fixtures/optim.py, optimizers.py): 20 steps to 1e-6 in float32, 1e-12 in float64.
import * as optim from '../../src/optim';
import type { Tensor } from '../../src/tensor/tensor';
import { optionsOf, runs, setGradients, startingParameters } from './fixture';
import { relativeError } from '../support';

type Constructor = new (params: Tensor[], options: object) => optim.Optimizer;
const optimizers = optim as unknown as Record<string, Constructor>;

describe('20 steps', () => {
  it.each(
    runs.map(
      (run) => [`${run.optimizer}(${JSON.stringify(run.options)}) in ${run.dtype}`, run] as const,
    ),
  )('%s', (_, run) => {
    const within = run.dtype === 'float32' ? 1e-6 : 1e-12;
    const params = startingParameters(run.dtype);
    const optimizer = new optimizers[run.optimizer](params, optionsOf(run));
    for (let t = 1; t <= 20; t++) {
      setGradients(params, t);
      optimizer.step();
      run.after[t]?.forEach((expected, k) => {
        expect(relativeError(params[k].toTypedArray(), expected)).toBeLessThanOrEqual(within);
      });
    }
    const { state } = optimizer.stateDict();
    expect(Object.keys(state)).toEqual(Object.keys(run.state));
    for (const [number, expected] of Object.entries(run.state)) {
      const own = Object.entries(state[Number(number)]).filter(([, value]) => value !== null);
      expect(own.map(([key]) => key).sort()).toEqual(Object.keys(expected).sort());
      for (const [key, value] of own) {
        const { dtype } = value as Tensor;
        // The fixture has float32 in as few digits as tell it from others.
        const exact = expected[key].map((one) => (dtype === 'float32' ? Math.fround(one) : one));
        const error = relativeError((value as Tensor).toTypedArray(), exact);
        expect(error).toBeLessThanOrEqual(within);
      }
    }
  });
});
