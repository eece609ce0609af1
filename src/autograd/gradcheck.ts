/**
 * gradcheck: compares a function's gradients with central differences, in float64. It perturbs the inputs'
 * memory itself and needs only the engine.
 */
import {
  arrayOf,
  boolean,
  functionOf,
  nonNegative,
  optionsTable,
  positive,
  surplus,
} from '../check';
import { anyTensor, isTensor } from '../tensor/rules';
import { showShape } from '../tensor/shape';
import { sizesOf, elementsOf, empty, type Tensor } from '../tensor/tensor';
import { gradients as grad } from './gradients';
import { enableGrad, noGrad } from './mode';
import { cos } from '../native/scalar';

/** Options of `gradcheck` and `gradgradcheck`. */
export interface GradcheckOptions {
  /** Step of the central difference. Default: 1e-6. */
  eps?: number;
  /** Absolute part of the allowed difference, atol + rtol·|numerical|. Default: 1e-5. */
  atol?: number;
  /** Relative part of the allowed difference. Default: 1e-3. */
  rtol?: number;
  /** Whether a difference throws, instead of returning false. Default: true. */
  raiseException?: boolean;
}

const gradcheckOptions = optionsTable<GradcheckOptions>('gradcheck', {
  eps: positive.or(1e-6),
  atol: nonNegative.or(1e-5),
  rtol: nonNegative.or(1e-3),
  raiseException: boolean.or(true),
});

const anyFunction = functionOf();
const anyTensors = arrayOf(anyTensor, 'an array of tensors');

type Outputs = Tensor | readonly Tensor[];
type Function_ = (...inputs: Tensor[]) => Outputs;

// eslint-disable-next-line no-restricted-syntax -- the parameters of the user's own function
const call = (f: Function_, inputs: readonly Tensor[]): Outputs => f(...inputs);

const list = (outputs: Outputs): readonly Tensor[] =>
  isTensor(outputs) ? [outputs] : anyTensors.check('gradcheck', 'the result of f', outputs);

function checkInputs(operation: string, inputs: readonly Tensor[]): void {
  if (!inputs.some((x) => x.requiresGrad)) {
    throw new Error(`${operation}: no input requires gradients, so there is nothing to check`);
  }
  for (const [i, x] of inputs.entries()) {
    if (!x.requiresGrad) continue;
    if (x.dtype !== 'float64') {
      throw new TypeError(
        `${operation}: input ${i} is ${x.dtype}; finite differences need float64; convert it with to('float64')`,
      );
    }
    if (!x.contiguousLayout) {
      throw new RangeError(`${operation}: input ${i} is not contiguous; pass contiguous() leaves`);
    }
  }
}

// The gradient of output o along each element: row j of the Jacobian is grad of output element j.
function analyticalJacobian(output: Tensor, inputs: readonly Tensor[]): (Float64Array[] | null)[] {
  const rows: (Float64Array[] | null)[] = inputs.map((x) => (x.requiresGrad ? [] : null));
  const wanted = inputs.filter((x) => x.requiresGrad);
  for (let j = 0; j < output.numel; j++) {
    const seed = empty(sizesOf(output), output.dtype);
    const memory = elementsOf(seed, seed.numel);
    memory.fill(0);
    memory[j] = 1;
    const grads = output.requiresGrad
      ? grad(output, wanted, { gradOutputs: [seed], retainGraph: true, allowUnused: true })
      : wanted.map(() => null);
    let next = 0;
    for (const [i, x] of inputs.entries()) {
      if (!x.requiresGrad) continue;
      const g = grads[next++] ?? null;
      rows[i]!.push(g === null ? new Float64Array(x.numel) : g.toTypedArray<Float64Array>());
    }
  }
  return rows;
}

/**
 * Whether the gradients of `f` at `inputs` agree with central differences (torch.autograd.gradcheck).
 * Inputs that require gradients must be contiguous float64.
 * @throws Error naming the first element that differs, unless `raiseException` is false.
 * @throws TypeError for what is no function, no tensors or no option, and inputs that are not float64.
 * @example autograd.gradcheck((x) => x.tanh(), [randn([3], { dtype: 'float64', requiresGrad: true })])
 */
export function gradcheck(
  f: Function_,
  inputs: readonly Tensor[],
  options?: GradcheckOptions,
): boolean {
  if (arguments.length > 3) surplus('gradcheck', arguments, 3, 'options');
  anyFunction.check('gradcheck', 'f', f);
  const checked = anyTensors.check('gradcheck', 'inputs', inputs);
  return enableGrad(() => check('gradcheck', f, checked, options));
}

function check(
  operation: string,
  f: Function_,
  inputs: readonly Tensor[],
  options: GradcheckOptions | undefined,
): boolean {
  const { eps, atol, rtol, raiseException } = gradcheckOptions.read(options, operation);
  checkInputs(operation, inputs);
  const outputs = list(call(f, inputs));
  for (const [o, output] of outputs.entries()) {
    const analytical = analyticalJacobian(output, inputs);
    for (const [i, x] of inputs.entries()) {
      if (!x.requiresGrad) continue;
      const memory = elementsOf(x, x.numel);
      const at = (): Float64Array => list(call(f, inputs))[o].toTypedArray<Float64Array>();
      for (let k = 0; k < x.numel; k++) {
        const value = memory[k];
        memory[k] = value + eps;
        const above = at();
        memory[k] = value - eps;
        const below = at();
        memory[k] = value;
        for (let j = 0; j < output.numel; j++) {
          const numerical = (above[j] - below[j]) / (2 * eps);
          const ours = analytical[i]![j][k];
          if (Math.abs(ours - numerical) <= atol + rtol * Math.abs(numerical)) continue;
          if (!raiseException) return false;
          throw new Error(
            `${operation}: d output ${o}[${j}] / d input ${i}[${k}] is ${ours} by backward, ${numerical} by central difference (input shape ${showShape(sizesOf(x))}, output shape ${showShape(sizesOf(output))})`,
          );
        }
      }
    }
  }
  return true;
}

/**
 * As `gradcheck`, for the gradients' own gradients (torch.autograd.gradgradcheck): checks the function that maps
 * inputs and output gradients to input gradients.
 * @throws as `gradcheck`.
 * @example autograd.gradgradcheck((x) => x.tanh(), [randn([3], { dtype: 'float64', requiresGrad: true })])
 */
export function gradgradcheck(
  f: Function_,
  given: readonly Tensor[],
  options?: GradcheckOptions,
): boolean {
  if (arguments.length > 3) surplus('gradgradcheck', arguments, 3, 'options');
  anyFunction.check('gradgradcheck', 'f', f);
  const inputs = anyTensors.check('gradgradcheck', 'inputs', given);
  checkInputs('gradgradcheck', inputs);
  const seeds = noGrad(() => list(call(f, inputs))).map((output, o) => {
    const seed = empty(sizesOf(output), 'float64');
    const memory = elementsOf(seed, seed.numel);
    // Any fixed values do; these are spread over (-1, 1).
    for (let k = 0; k < memory.length; k++) memory[k] = cos(1.7 * (k + 1) + o);
    seed.requiresGrad = true;
    return seed;
  });
  const wanted = inputs.map((x, i) => (x.requiresGrad ? i : -1)).filter((i) => i >= 0);
  const gradients = (...all: Tensor[]): readonly Tensor[] => {
    const ins = all.slice(0, inputs.length);
    const outs = list(call(f, ins));
    const grads = grad(
      outs,
      wanted.map((i) => ins[i]),
      { gradOutputs: all.slice(inputs.length), createGraph: true, allowUnused: true },
    );
    return grads.filter((g) => g !== null);
  };
  return enableGrad(() => check('gradgradcheck', gradients, [...inputs, ...seeds], options));
}
