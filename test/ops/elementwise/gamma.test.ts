// lgamma, digamma and polygamma to more digits than PyTorch has: its trigamma ends at 1e-9, where gradients of digamma come from.
// from mpmath import loggamma, mp, psi; mp.dps = 40
// [float(psi(n, x)) for x in xs] and [float(loggamma(x).real) for x in xs]
import { autograd, tensor, type Tensor } from 'ostinato';
import { flat } from '../../support';

const xs = [
  0.1, 0.5, 1.0, 1.4616321449683622, 2.0, 3.7, 8.25, 9.999, 10.0, 25.5, 1000.0, -0.5, -2.25, -7.75,
];
const lgamma = [
  2.252712651734206, 0.5723649429247001, 0.0, -0.12148629053584961, 0.0, 1.428072326665388,
  9.033186919605123, 12.799575780077413, 12.801827480081469, 56.389167643719944, 5905.220423209181,
  1.2655121234846454, 0.5555015450206475, -8.581847763551867,
];
const derivatives = [
  [
    -10.423754940411076, -1.9635100260214235, -0.5772156649015329, -9.241265521729427e-17,
    0.42278433509846713, 1.1671535393615113, 2.0483845613664946, 2.2516474172057355,
    2.251752589066721, 3.2189424728839198, 6.907255195648812, 0.03648997397857652,
    4.158583564657972, -1.0307688328309315,
  ],
  [
    101.43329915079275, 4.934802200544679, 1.6449340668482264, 0.9676722454476212,
    0.6449340668482264, 0.3100378576700383, 0.1288542628854482, 0.10517738667672887,
    0.10516633568168575, 0.03999466964956292, 0.0010005001666666333, 8.934802200544679,
    19.37941051186914, 19.61814433435229,
  ],
  [
    -2001.8614573783436, -16.82879664423432, -2.4041138063191885, -0.8855263379671844,
    -0.4041138063191886, -0.09539530872855403, -0.016580684633546994, -0.011052155237122937,
    -0.011049834970802067, -0.0015993605962783073, -1.0010004999998333e-6, -0.82879664423432,
    123.89694977406016, -124.03974558822776,
  ],
  [
    60004.51287679026, 97.40909103400244, 6.493939402266829, 1.5509985657339065,
    0.49393940226682914, 0.058279217956563614, 0.004261340634498469, 0.0023206313884573805,
    0.0023199013042898686, 0.00012789774302263916, 2.003001999999e-9, 193.40909103400244,
    1558.4550231887144, 1558.5419205916066,
  ],
];
const leaf = (): Tensor => tensor(xs, { dtype: 'float64', requiresGrad: true });

// Within 4 ulp, or near a zero of 1 as large as those.
function expectClose(actual: Tensor, expected: readonly number[]): void {
  const bad = flat(actual).filter(
    (value, i) => Math.abs(value - expected[i]) > 2 ** -50 * Math.max(1, Math.abs(expected[i])),
  );
  expect(bad).toEqual([]);
}

it('lgamma and its derivatives of every order, as functions and as gradients of each other', () => {
  let x = leaf();
  let y = x.lgamma();
  expectClose(y, lgamma);
  for (const expected of derivatives) {
    const [g] = autograd.grad([y.sum()], [x], { createGraph: true });
    expectClose(g!, expected);
    y = g!;
  }
  x = leaf();
  for (const [n, expected] of derivatives.entries()) expectClose(x.polygamma(n), expected);
  expectClose(x.digamma(), derivatives[0]);
});

it('poles', () => {
  const poles = tensor([0, -0, -1, -3, -Infinity, Infinity]);
  expect(flat(poles.lgamma())).toEqual(Array(6).fill(Infinity));
  expect(flat(poles.digamma())).toEqual([-Infinity, Infinity, NaN, NaN, NaN, Infinity]);
  expect(flat(tensor([0, -1, Infinity]).polygamma(1))).toEqual([Infinity, Infinity, 0]);
});
