/** L-BFGS: steps along an approximation of Newton's direction, made of the last steps and changes of the gradient. */
import {
  arrayOf,
  count,
  functionOf,
  isPlain,
  number,
  objectOf,
  oneOf,
  optionsTable,
  positiveInteger,
  refuse,
  rule,
  surplus,
  type Rule,
} from '../check';
import { withGradMode } from '../autograd/mode';
import { zeros } from '../ops/creation/factories';
import { cast } from '../ops/copying/cast';
import { clone, detach } from '../ops/copying/clone';
import { cat } from '../ops/joining/cat';
import { dense } from '../ops/kernels/copy';
import { showShape } from '../tensor/shape';
import { isFloat } from '../tensor/dtype';
import { isTensor } from '../tensor/rules';
import { accumulatedOf, sizesOf, type Tensor } from '../tensor/tensor';
import { Optimizer, type CommonOptions, type Params } from './optimizer';
import { rate } from './rate';
import { packState, unpackState, type OptimizerStateDict } from './state';
import { strongWolfe, type Point } from './wolfe';

/** Options of `LBFGS`. */
export interface LBFGSOptions extends CommonOptions {
  /** Iterations of a step at most. Default: 20. */
  maxIter?: number;
  /** Evaluations of the closure of a step at most. Default: maxIter·5/4. */
  maxEval?: number | null;
  /** A step ends where no element of the gradient is larger. Default: 1e-7. */
  toleranceGrad?: number;
  /** A step ends where neither the loss nor any element of the parameters changes by more. Default: 1e-9. */
  toleranceChange?: number;
  /** How many steps are remembered. Default: 100. */
  historySize?: number;
  /** The line search; null takes steps of length lr. Default: null. */
  lineSearchFn?: 'strong_wolfe' | null;
}

const lbfgsOptions = optionsTable<LBFGSOptions>('LBFGS', {
  lr: rate.or(1),
  maxIter: count.or(20),
  maxEval: count.orNull.or(null),
  toleranceGrad: number.or(1e-7),
  toleranceChange: number.or(1e-9),
  historySize: positiveInteger.or(100),
  lineSearchFn: oneOf('strong_wolfe').orNull.or(null),
});

/**
 * What `LBFGS` remembers, under its first parameter, all parameters in one vector: evaluations and iterations so far, the last direction d
 * and step t, the remembered changes of the gradient and steps with 1/(y·s) of each, the scale of the first Hessian, the last gradient and loss.
 */
export type LBFGSState = {
  funcEvals: number;
  nIter: number;
  d: Tensor | null;
  t: number | null;
  oldDirs: readonly Tensor[];
  oldStps: readonly Tensor[];
  ro: readonly number[];
  hDiag: number | null;
  prevFlatGrad: Tensor | null;
  prevLoss: number | null;
};

// In the state dict, by PyTorch's names.
const keys = {
  funcEvals: 'func_evals',
  nIter: 'n_iter',
  d: 'd',
  t: 't',
  oldDirs: 'old_dirs',
  oldStps: 'old_stps',
  ro: 'ro',
  hDiag: 'H_diag',
  prevFlatGrad: 'prev_flat_grad',
  prevLoss: 'prev_loss',
} as const satisfies Record<keyof LBFGSState, string>;

const evaluationsOf = ({ maxIter, maxEval }: Required<LBFGSOptions>): number =>
  maxEval ?? Math.floor((maxIter * 5) / 4);

const anyClosure = functionOf('a function that computes the loss');
const largest = (x: Tensor): number => x.abs().max().item();

/**
 * Limited-memory BFGS (Nocedal 1980; torch.optim.LBFGS) for losses of the whole data. With s the steps and y the changes of the gradient:
 *
 *     d = −H·g,  H from the last historySize pairs (s, y) by the two-loop recursion, scaled by s·y / y·y
 *     p += t·d,  t = lr (of the very first step lr·min(1, 1 / Σ|g|)), or what the line search finds from there
 *
 * up to `maxIter` times a step. `step` needs a closure that clears the gradients, computes the loss, calls `backward` and returns the
 * loss; the first loss is the result. All parameters are in one group.
 * @throws TypeError, RangeError for what are no parameters, more than one group of them, and an option of the wrong kind or out of range.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer = new optim.LBFGS([w], { lineSearchFn: 'strong_wolfe' });
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = w.sub(3).square().sum();
 *   loss.backward();
 *   return loss;
 * });
 */
export class LBFGS extends Optimizer<LBFGSOptions, LBFGSState> {
  /** @param params parameters, or one group of them */
  constructor(params: Params<LBFGSOptions>, options?: LBFGSOptions) {
    if (arguments.length > 2) surplus('LBFGS', arguments, 2, 'options');
    const read = lbfgsOptions.read(options, new.target.name);
    super(params, { ...read, maxEval: evaluationsOf(read) });
  }

  protected override checkOptions(options: Readonly<Required<LBFGSOptions>>): void {
    lbfgsOptions.verify(options, this.name);
  }

  protected override checkGroups(): void {
    if (this.paramGroups.length === 0) return;
    throw new RangeError(`${this.name}: takes one group of parameters, without options of others`);
  }

  protected override newState(): LBFGSState {
    return {
      funcEvals: 0,
      nIter: 0,
      d: null,
      t: null,
      oldDirs: [],
      oldStps: [],
      ro: [],
      hDiag: null,
      prevFlatGrad: null,
      prevLoss: null,
    };
  }

  protected override update(): void {
    // `advance` does it all.
  }

  #rules(): Rule<LBFGSState> {
    const { params } = this.paramGroups[0];
    const { dtype } = params[0];
    const numel = params.reduce((sum, param) => sum + param.numel, 0);
    const flat = rule<Tensor>(
      `a contiguous ${dtype} tensor of shape ${showShape([numel])}`,
      isTensor,
      (x) => x.dtype === dtype && x.contiguousLayout && x.ndim === 1 && x.numel === numel,
    );
    return objectOf<LBFGSState>('an object', {
      funcEvals: count,
      nIter: count,
      d: flat.orNull,
      t: number.orNull,
      oldDirs: arrayOf(flat, 'an array of tensors'),
      oldStps: arrayOf(flat, 'an array of tensors'),
      ro: arrayOf(number, 'an array of numbers'),
      hDiag: number.orNull,
      prevFlatGrad: flat.orNull,
      prevLoss: number.orNull,
    });
  }

  #checked(operation: string, state: unknown): LBFGSState {
    const read = this.#rules().check(operation, 'state', state);
    const { oldDirs, oldStps, ro, nIter, d, t, prevFlatGrad, prevLoss, hDiag } = read;
    if (oldStps.length !== oldDirs.length || ro.length !== oldDirs.length) {
      throw new RangeError(
        `${operation}: state.oldDirs, oldStps and ro must be of one length, got ${oldDirs.length}, ${oldStps.length} and ${ro.length}`,
      );
    }
    const all = [d, t, prevFlatGrad, prevLoss, hDiag];
    if (nIter > 0 && all.includes(null)) {
      throw new RangeError(
        `${operation}: state.d, t, prevFlatGrad, prevLoss and hDiag must not be null after ${nIter} iterations`,
      );
    }
    return read;
  }

  /** The gradients of all parameters in one vector, zeros where there are none. */
  #gradient(): Tensor {
    const { params } = this.paramGroups[0];
    return cat(
      params.map((param) => {
        const grad = accumulatedOf(param);
        const { numel, dtype } = param;
        return grad === null ? zeros([numel], { dtype }) : dense(grad).reshape([-1]);
      }),
    );
  }

  /** p += t·d for all parameters. */
  #move(t: number, d: Tensor): void {
    let offset = 0;
    for (const param of this.paramGroups[0].params) {
      const { numel } = param;
      const sizes = sizesOf(param);
      param.add_(d.narrow(0, offset, numel).reshape(sizes), { alpha: t });
      offset += numel;
    }
  }

  protected override advance<R>(closure: (() => R) | undefined): R | undefined {
    const operation = `${this.name}.step`;
    anyClosure.check(operation, 'closure', closure);
    this.checkChanged(0);
    const [group] = this.paramGroups;
    const maxEval = evaluationsOf(group);
    const { params, lr, maxIter, toleranceGrad, toleranceChange, historySize, lineSearchFn } =
      group;
    const evaluate = (): R => withGradMode(true, closure!);
    const numberOf = (loss: R): number => {
      const value: unknown = isTensor(loss) ? loss.item() : loss;
      if (typeof value !== 'number') {
        refuse(operation, 'the loss that closure returns', 'a number or a tensor of one', loss);
      }
      return value;
    };
    const given = this.state.get(params[0]);
    const state = given === undefined ? this.newState() : this.#checked(operation, given);

    const result = evaluate();
    this.updates++;
    let loss = numberOf(result);
    let evaluations = 1;
    state.funcEvals++;
    let gradient = this.#gradient();
    this.state.set(params[0], state);
    if (gradient.numel === 0 || largest(gradient) <= toleranceGrad) return result;

    const { oldDirs, oldStps, ro } = state as unknown as {
      oldDirs: Tensor[];
      oldStps: Tensor[];
      ro: number[];
    };
    for (let iteration = 1; iteration <= maxIter; iteration++) {
      const first = state.nIter === 0;
      state.nIter++;
      if (first) {
        state.d = gradient.neg();
        state.hDiag = 1;
      } else {
        const y = gradient.sub(state.prevFlatGrad!);
        const s = state.d!.mul(state.t!);
        const ys = y.dot(s).item();
        if (ys > 1e-10) {
          if (oldDirs.length >= historySize)
            for (const list of [oldDirs, oldStps, ro]) list.shift();
          oldDirs.push(y);
          oldStps.push(s);
          ro.push(1 / ys);
          state.hDiag = ys / y.dot(y).item();
        }
        state.d = direction(gradient, state);
      }
      const { d } = state;
      state.prevFlatGrad = gradient;
      state.prevLoss = loss;
      state.t = first ? Math.min(1, 1 / gradient.abs().sum().item()) * lr : lr;
      const slope = gradient.dot(d).item();
      if (slope > -toleranceChange) break;

      let spent = 0;
      if (lineSearchFn === 'strong_wolfe') {
        const before = params.map((param) => clone(detach(param)));
        const at = (t: number): Point => {
          this.#move(t, d);
          const f = numberOf(evaluate());
          const g = this.#gradient();
          params.forEach((param, i) => param.copy_(before[i]));
          return { t, f, g, slope: g.dot(d).item() };
        };
        const start: Point = { t: 0, f: loss, g: gradient, slope };
        const found = strongWolfe(at, start, state.t, largest(d), maxEval - evaluations);
        spent = found.evaluations;
        ({ t: state.t, f: loss, g: gradient } = found.point);
        this.#move(state.t, d);
      } else {
        this.#move(state.t, d);
        if (iteration < maxIter) {
          loss = numberOf(evaluate());
          gradient = this.#gradient();
          spent = 1;
        }
      }
      evaluations += spent;
      state.funcEvals += spent;
      if (evaluations >= maxEval || largest(gradient) <= toleranceGrad) break;
      if (largest(d.mul(state.t)) <= toleranceChange) break;
      if (Math.abs(loss - state.prevLoss) < toleranceChange) break;
    }
    return result;
  }

  /**
   * State and options in PyTorch's structure and names; the state is that of all parameters, under the first (torch.optim.Optimizer.state_dict).
   * Tensors share memory.
   */
  override stateDict(): OptimizerStateDict {
    if (arguments.length > 0) surplus(`${this.name}.stateDict`, arguments, 0);
    const dict = packState(this.paramGroups, new Map());
    const state = this.state.get(this.paramGroups[0].params[0]);
    if (state === undefined) return dict;
    const entries = Object.entries(state).map(([name, value]) => {
      const shown = isTensor(value) ? detach(value) : Array.isArray(value) ? value.slice() : value;
      return [keys[name as keyof LBFGSState], shown] as const;
    });
    dict.state[0] = Object.fromEntries(entries.filter(([, value]) => value !== null));
    return dict;
  }

  /**
   * Loads the state dict of an LBFGS of as many parameters, also one of PyTorch's: states are copied, options replaced.
   * @throws RangeError or TypeError for what does not fit; nothing is changed then.
   */
  override loadStateDict(dict: OptimizerStateDict): void {
    const operation = `${this.name}.loadStateDict`;
    if (arguments.length > 1) surplus(operation, arguments, 1, 'dict');
    const plain = isPlain(dict) ? { ...dict, state: isPlain(dict.state) ? {} : dict.state } : dict;
    const { groups } = unpackState(
      this.name,
      plain,
      this.paramGroups,
      () => this.newState(),
      (options) => this.checkOptions(options),
    );
    const saved: unknown = dict.state[0];
    const { params } = this.paramGroups[0];
    const { dtype } = params[0];
    let state: LBFGSState | null = null;
    if (saved !== undefined) {
      if (!isPlain(saved)) refuse(operation, 'state', 'an object', saved);
      const own = (value: unknown): unknown => {
        if (Array.isArray(value)) return value.map(own);
        if (!isTensor(value) || !isFloat(value.dtype)) return value;
        if (value.ndim === 0) return value.item();
        return value.dtype === dtype ? clone(detach(value)) : cast(detach(value), dtype);
      };
      const fresh: Record<string, unknown> = this.newState();
      for (const [name, key] of Object.entries(keys)) {
        const value = own(saved[key]);
        if (value !== undefined && value !== null) fresh[name] = value;
      }
      state = this.#checked(operation, fresh);
    }
    groups.forEach((options, i) => Object.assign(this.paramGroups[i], options));
    this.state.clear();
    if (state !== null) this.state.set(params[0], state);
  }
}

/** −H·g by the two-loop recursion. */
function direction(gradient: Tensor, { oldDirs, oldStps, ro, hDiag }: LBFGSState): Tensor {
  const q = gradient.neg();
  const alpha: number[] = [];
  for (let i = oldDirs.length - 1; i >= 0; i--) {
    alpha[i] = oldStps[i].dot(q).item() * ro[i];
    q.add_(oldDirs[i], { alpha: -alpha[i] });
  }
  q.mul_(hDiag!);
  for (let i = 0; i < oldDirs.length; i++) {
    const beta = oldDirs[i].dot(q).item() * ro[i];
    q.add_(oldStps[i], { alpha: alpha[i] - beta });
  }
  return q;
}
