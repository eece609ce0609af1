/** AveragedModel: a copy of a model whose parameters are averages of the model's over training. */
import { boolean, functionOf, optionsTable, refuse, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { anyModule } from '../../nn/any-module';
import { Module } from '../../nn/module';
import { tensor } from '../../ops/creation/factories';
import { deepcopy } from '../../tensor/deepcopy';
import { executor } from '../../tensor/executor';
import { anyTensor, isTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { getSwaAvgFn, type AvgFn, type MultiAvgFn } from './averages';

/** Options of `AveragedModel`. */
export interface AveragedModelOptions {
  /** The average of one tensor. Default: null, the mean of all values. */
  avgFn?: AvgFn | null;
  /** The averages of lists of tensors, in place; instead of `avgFn`. Default: null, the mean of all values. */
  multiAvgFn?: MultiAvgFn | null;
  /** Whether buffers are averaged as parameters are, instead of copied. Default: false. */
  useBuffers?: boolean;
}

const anyAvgFn = functionOf<AvgFn>().orNull;
const anyMultiAvgFn = functionOf<MultiAvgFn>().orNull;
const averagedOptions = optionsTable<AveragedModelOptions>('AveragedModel', {
  avgFn: anyAvgFn.or(null),
  multiAvgFn: anyMultiAvgFn.or(null),
  useBuffers: boolean.or(false),
});

const update = 'AveragedModel.updateParameters';

/** @throws RangeError unless there are as many tensors, each of the same shape. */
function checkAlike(kind: string, averaged: readonly Tensor[], current: readonly Tensor[]): void {
  if (averaged.length !== current.length) {
    throw new RangeError(
      `${update}: model must have ${averaged.length} ${kind}s, as the averaged model has, got ${current.length}`,
    );
  }
  for (const [i, x] of averaged.entries()) {
    if (sameShape(sizesOf(x), sizesOf(current[i]))) continue;
    throw new RangeError(
      `${update}: ${kind} ${i} of model must have shape ${showShape(sizesOf(x))}, got ${showShape(sizesOf(current[i]))}`,
    );
  }
}

/** The averages with the present values in them, in place. */
function average(
  { avgFn, multiAvgFn }: AveragedModel,
  averaged: readonly Tensor[],
  current: readonly Tensor[],
  number: number,
): void {
  const one = anyAvgFn.check(update, 'avgFn', avgFn);
  const several = anyMultiAvgFn.check(update, 'multiAvgFn', multiAvgFn);
  if (several === null) {
    const next = one ?? getSwaAvgFn();
    for (const [i, x] of averaged.entries()) {
      const result: unknown = next(x, current[i], number);
      if (!isTensor(result)) refuse(update, 'the result of avgFn', 'a Tensor', result);
      noGrad(() => x.copy_(result));
    }
    return;
  }
  for (const dtype of new Set(averaged.map((x) => x.dtype))) {
    const same = (_: unknown, i: number): boolean => averaged[i].dtype === dtype;
    const from = current.filter(same);
    several(
      averaged.filter(same),
      from.map((x) => (x.dtype === dtype ? x : x.to(dtype))),
      number,
    );
  }
}

/**
 * A model of averaged weights (torch.optim.swa_utils.AveragedModel): a copy of `model` whose parameters become averages of what
 * `updateParameters` is given. Without options they are equally weighted: stochastic weight averaging, Izmailov et al. 2018;
 * `getEmaMultiAvgFn` gives an exponential moving average. Buffers are copied unless `useBuffers` says otherwise; statistics of
 * BatchNorm are then those of the last model, and `updateBn` computes them for the averaged one.
 *
 * The state dict has `n_averaged` and the copy's entries with `module.` before them.
 * @throws TypeError for what is no Module and no option; RangeError for both of `avgFn` and `multiAvgFn`.
 * @example
 * const model = new nn.Linear(4, 1);
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * const averaged = new optim.swaUtils.AveragedModel(model);
 * for (let epoch = 0; epoch < 3; epoch++) {
 *   optimizer.zeroGrad();
 *   model.forward(ones([2, 4])).square().sum().backward();
 *   optimizer.step();
 *   averaged.updateParameters(model);
 * }
 * averaged.forward(ones([2, 4])).shape; // [2, 1]
 */
export class AveragedModel<M extends Module = Module> extends Module {
  /** The copy, whose parameters are the averages. */
  readonly module: M;
  /** How many models are in the averages: int32 of 0 dimensions. */
  declare n_averaged: Tensor;
  /** The average of one tensor; null for another one. */
  readonly avgFn: AvgFn | null;
  /** The averages of lists; null for another one. */
  readonly multiAvgFn: MultiAvgFn | null;
  /** Whether buffers are averaged too. */
  readonly useBuffers: boolean;

  /** @param model what is copied; it is not changed */
  constructor(model: M, options?: AveragedModelOptions) {
    if (arguments.length > 2) surplus('AveragedModel', arguments, 2, 'options');
    const { avgFn, multiAvgFn, useBuffers } = averagedOptions.read(options);
    anyModule.check('AveragedModel', 'model', model);
    if (avgFn !== null && multiAvgFn !== null) {
      throw new RangeError('AveragedModel: got both avgFn and multiAvgFn; pass one of them');
    }
    super();
    this.module = deepcopy(model);
    this.registerBuffer('n_averaged', tensor(0, { dtype: 'int32' }));
    this.avgFn = avgFn;
    this.multiAvgFn = multiAvgFn;
    this.useBuffers = useBuffers;
  }

  /**
   * What the averaged module computes.
   * @throws whatever the module throws.
   */
  forward(...inputs: Parameters<M['forward']>): ReturnType<M['forward']> {
    anyModule.check('AveragedModel.forward', 'module', this.module);
    // eslint-disable-next-line no-restricted-syntax -- the parameters of the user's own module
    return this.module.forward(...inputs) as ReturnType<M['forward']>;
  }

  /**
   * Takes the present parameters of `model` into the averages: the first time they are copied.
   * @throws TypeError for what is no Module, and a result of `avgFn` that is no tensor; RangeError for another number of parameters or
   * buffers, other shapes.
   */
  updateParameters(model: Module): void {
    if (arguments.length > 1) surplus(update, arguments, 1, 'model');
    executor.refuse(update, 'it changes parameters; call it outside');
    anyModule.check(update, 'model', model);
    const { module, n_averaged: count } = this;
    anyModule.check(update, 'module', module);
    const useBuffers = boolean.check(update, 'useBuffers', this.useBuffers);
    const number = anyTensor.check(update, 'n_averaged', count).item();
    const [own, theirs] = [module.parameters(), model.parameters()];
    const [ownBuffers, theirBuffers] = [module.buffers(), model.buffers()];
    checkAlike('parameter', own, theirs);
    checkAlike('buffer', ownBuffers, theirBuffers);
    const detached = (list: readonly Tensor[]): Tensor[] => list.map((x) => x.detach());
    const averaged = detached(useBuffers ? [...own, ...ownBuffers] : own);
    const current = detached(useBuffers ? [...theirs, ...theirBuffers] : theirs);
    if (number > 0) average(this, averaged, current, number);
    noGrad(() => {
      if (number === 0) averaged.forEach((x, i) => x.copy_(current[i]));
      if (!useBuffers) ownBuffers.forEach((x, i) => x.copy_(theirBuffers[i].detach()));
      count.add_(1);
    });
  }
}
