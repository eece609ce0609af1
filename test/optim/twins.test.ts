// The fused kernels against the readable twins, in float64 to 1e-13 over 30 steps.
import { Adam, AdamW, SGD, type AdamOptions, type SGDOptions } from '../../src/optim';
import { setGradients, startingParameters } from './fixture';
import { relativeError } from '../support';
import { PlainAdam, PlainSGD } from './twins';

function together(
  make: (params: ReturnType<typeof startingParameters>, plain: boolean) => { step(): unknown },
) {
  const [fused, plain] = [startingParameters('float64'), startingParameters('float64')];
  const optimizers = [make(fused, false), make(plain, true)];
  for (let t = 1; t <= 30; t++) {
    for (const params of [fused, plain]) setGradients(params, t);
    for (const optimizer of optimizers) optimizer.step();
  }
  fused.forEach((param, k) => {
    expect(relativeError(param.toTypedArray(), plain[k].toTypedArray())).toBeLessThanOrEqual(1e-13);
  });
}

const sgd: SGDOptions = {
  lr: 0.1,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
};
const adam: AdamOptions = {
  lr: 0.01,
  betas: [0.9, 0.99],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

describe('fused and plain', () => {
  it.each<SGDOptions>([
    {},
    { momentum: 0.9 },
    { momentum: 0.9, dampening: 0.5, weightDecay: 0.1, maximize: true },
    { momentum: 0.9, nesterov: true },
  ])('SGD %j', (options) => {
    together((params, plain) =>
      plain
        ? new PlainSGD(params, { ...sgd, ...options } as Required<SGDOptions> & { lr: number })
        : new SGD(params, { ...sgd, ...options }),
    );
  });

  it.each<AdamOptions>([
    {},
    { weightDecay: 0.1 },
    { amsgrad: true },
    { amsgrad: true, maximize: true, eps: 0.01 },
  ])('Adam and AdamW %j', (options) => {
    for (const Fused of [Adam, AdamW]) {
      together((params, plain) =>
        plain
          ? new PlainAdam(
              params,
              { ...adam, ...options } as Required<AdamOptions> & { lr: number },
              Fused === AdamW,
            )
          : new Fused(params, { ...adam, ...options }),
      );
    }
  });
});
