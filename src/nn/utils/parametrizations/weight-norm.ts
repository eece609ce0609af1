/** weightNorm: length and direction of a weight as two parameters. */
import { integer, integerBetween, string, surplus } from '../../../check';
import { norm } from '../../../ops/reduce/norm';
import { isTensor } from '../../../tensor/rules';
import { sizesOf, type Tensor } from '../../../tensor/tensor';
import { anyModule } from '../../any-module';
import { Module } from '../../module';
import { isParametrized, registerParametrization } from '../parametrize';

/** ‖v‖ of each index along `dim`, the other sizes being 1; of the whole tensor, without dimensions, for −1. */
function normExcept(v: Tensor, dim: number): Tensor {
  if (dim === -1) return norm(v);
  const kept = dim < 0 ? dim + v.ndim : dim;
  const others = sizesOf(v)
    .map((_, d) => d)
    .filter((d) => d !== kept);
  return others.length === 0 ? v.abs() : norm(v, 2, others, { keepdim: true });
}

/** w = g·v / ‖v‖, with g and ‖v‖ for each index along `dim`, or one for −1. */
class _WeightNorm extends Module {
  constructor(readonly dim: number) {
    super();
  }

  forward(g: Tensor, v: Tensor): Tensor {
    return v.mul(g.div(normExcept(v, this.dim)));
  }

  rightInverse(weight: Tensor): Tensor[] {
    return [normExcept(weight, this.dim), weight];
  }

  /** Of PyTorch's older torch.nn.utils.weight_norm: g and v beside the other parameters. */
  formerNames(path: string): [former: string, name: string][] {
    const [, before, name] = /^(.*)parametrizations\.([^.]+)\.0$/.exec(path) ?? [];
    if (name === undefined) return [];
    const list = `${before}parametrizations.${name}`;
    return [
      [`${before}${name}_g`, `${list}.original0`],
      [`${before}${name}_v`, `${list}.original1`],
    ];
  }
}

/**
 * Makes a weight w = g·v / ‖v‖, length and direction being learned apart, and returns `module` (torch.nn.utils.parametrizations.weight_norm;
 * Salimans and Kingma 2016, arXiv:1602.07868). `parametrizations.{name}.original0` is g, at first ‖w‖ for each index along `dim`, with size 1
 * in the others; `original1` is v, at first w. `loadStateDict` finds them by the names of PyTorch's older `weight_norm`, too: `{name}_g`, `{name}_v`.
 * @param name of the weight; default `'weight'`, of a recurrent layer for example `'weight_hh_l0'`
 * @param dim the dimension that has lengths of its own; default 0, the outputs. null (or −1, as in PyTorch) for one length of the whole.
 * @throws TypeError, RangeError when there is no such weight, when it is parametrized already, and for a dimension that it does not have.
 * @example
 * const lstm = nn.utils.parametrizations.weightNorm(new nn.LSTM(3, 4), 'weight_hh_l0');
 * lstm.stateDict().get('parametrizations.weight_hh_l0.original0').shape; // [16, 1]
 */
export function weightNorm<M extends Module>(
  module: M,
  name: string = 'weight',
  dim: number | null = 0,
): M {
  if (arguments.length > 3) surplus('weightNorm', arguments, 3, 'dim');
  anyModule.check('weightNorm', 'module', module);
  string.check('weightNorm', 'name', name);
  integer.orNull.check('weightNorm', 'dim', dim);
  if (isParametrized(module, name)) {
    throw new RangeError(
      `weightNorm: ${name} of ${module.constructor.name} is parametrized already; length and direction can only be those of a plain weight`,
    );
  }
  const weight: unknown = (module as unknown as Record<string, unknown>)[name];
  if (isTensor(weight) && dim !== null) {
    integerBetween(-Math.max(weight.ndim, 1), Math.max(weight.ndim - 1, 0)).check('weightNorm', 'dim', dim); // prettier-ignore
  }
  return registerParametrization(module, name, new _WeightNorm(dim ?? -1), { unsafe: true });
}
