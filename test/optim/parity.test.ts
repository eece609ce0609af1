// Optimizers against PyTorch 2.13 (test/fixtures/optim.py): 20 steps to 1e-6 in float32, 1e-12 in float64.
import * as optim from '../../src/optim';
import type { Tensor } from '../../src/tensor/tensor';
import { fixture, setGradients, startingParameters } from './fixture';
import { relativeError } from '../support';

type Constructor = new (params: Tensor[], options: object) => optim.Optimizer;
const optimizers = optim as unknown as Record<string, Constructor>;

describe('20 steps', () => {
  it.each(
    fixture.runs.map(
      (run) => [`${run.optimizer}(${JSON.stringify(run.options)}) in ${run.dtype}`, run] as const,
    ),
  )('%s', (_, run) => {
    const within = run.dtype === 'float32' ? 1e-6 : 1e-12;
    const params = startingParameters(run.dtype);
    const optimizer = new optimizers[run.optimizer](params, run.options);
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
        expect(relativeError((value as Tensor).toTypedArray(), expected[key])).toBeLessThanOrEqual(
          within,
        );
      }
    }
  });
});
