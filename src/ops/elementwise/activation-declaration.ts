/** How activations with numbers are declared: their kernels, and the gradient in differentiable operations. */
import { runActivationWith, runGradientWith } from '../../native/calls';
import { family, type NamesOf } from '../../native/families';
import type { Tensor } from '../../tensor/tensor';
import { checkFloat } from '../arguments/floating';
import { gradient } from '../declare/gradient';
import { inPlace as changeInPlace } from '../inplace/inplace';
import { applyBinary, applyUnary, pick } from '../kernels/launch';
import { emptyAs } from '../kernels/result';
import { inPlace, unary, type UnaryRule, type UnaryWith } from './declaration';
import { inplaceOptions, type InplaceOptions } from './inplace-option';

/** A function of x with parameters p and q. */
export interface Activation {
  /** The function, whose name is in the sentences. */
  readonly name: string;
  /** PyTorch's name of the backward node. */
  readonly node: string;
  /** out = f(x), where it takes p and q. */
  readonly kernel: NamesOf<'ActivationWith'> | NamesOf<'Unary'>;
  /** out = dx in one pass over g and x. */
  readonly fused: NamesOf<'GradientWith'> | NamesOf<'Binary'>;
  readonly grad: (g: Tensor, x: Tensor, p: number, q: number) => Tensor;
}

/** The numbers of an activation, its context. */
export type Parameters = readonly [p: number, q: number];
type Compute = (x: Tensor, p?: number, q?: number, inplace?: boolean) => Tensor;
interface Kernels {
  readonly forward: (x: Tensor, out: Tensor, p: number, q: number) => void;
  readonly backward: (g: Tensor, x: Tensor, out: Tensor, p: number, q: number) => void;
}

function withNumbers(
  name: string,
  kernel: NamesOf<'ActivationWith'>,
  fused: NamesOf<'GradientWith'>,
): Kernels {
  const [kernels, gradients] = [family(kernel), family(fused)];
  return {
    forward: (x, out, p, q) => runActivationWith(pick(name, kernels, x.dtype), x, out, p, q),
    backward: (g, x, dx, p, q) => runGradientWith(pick(name, gradients, x.dtype), g, x, dx, p, q),
  };
}

/** Declares an activation whose kernels take two numbers. */
export function activation({
  name,
  node,
  kernel,
  fused,
  grad,
}: Activation & {
  readonly kernel: NamesOf<'ActivationWith'>;
  readonly fused: NamesOf<'GradientWith'>;
}): Compute {
  return recordedActivation(name, node, grad, withNumbers(name, kernel, fused));
}

/** Declares one whose kernels take none. */
export function plainActivation({
  name,
  node,
  kernel,
  fused,
  grad,
}: Activation & {
  readonly kernel: NamesOf<'Unary'>;
  readonly fused: NamesOf<'Binary'>;
}): Compute {
  const [kernels, gradients] = [family(kernel), family(fused)];
  return recordedActivation(name, node, grad, {
    forward: (x, out) => applyUnary(name, kernels, x, out),
    backward: (g, x, dx) => applyBinary(name, gradients, g, x, dx),
  });
}

function recordedActivation(
  name: string,
  node: string,
  grad: Activation['grad'],
  { forward, backward }: Kernels,
): Compute {
  const recorded = gradient<[Tensor], [Tensor], Parameters>(name, {
    node,
    saves: ([x]) => [x],
    rule: (g, [x], [p, q]) => [grad(g, x, p, q)],
    fused: (g, [x], [p, q]) => {
      const dx = emptyAs(x);
      backward(g, x, dx, p, q);
      return [dx];
    },
  });
  const plain = (x: Tensor, p: number, q: number): Tensor => {
    checkFloat(name, x);
    const out = emptyAs(x);
    forward(x, out, p, q);
    return recorded(out, [p, q], x);
  };
  const overwriting = (x: Tensor, p: number, q: number): Tensor => {
    checkFloat(`${name}_`, x);
    const direct = (target: Tensor): void => forward(target, target, p, q);
    return changeInPlace(`${name}_`, x, [], (before) => plain(before, p, q), { direct });
  };
  return (x, p = 0, q = 0, inplace = false) => (inplace ? overwriting(x, p, q) : plain(x, p, q));
}

/** Declares an activation without numbers that takes `inplace`. */
export function withInplace(
  name: string,
  rule: Pick<UnaryRule, 'node' | 'kernel' | 'saves' | 'grad' | 'fused' | 'kinks'>,
): UnaryWith<InplaceOptions> {
  const f: UnaryWith<InplaceOptions> = unary<InplaceOptions>(name, {
    ...rule,
    integers: 'refused',
    instead: (operation, options) =>
      inplaceOptions.read(options, operation).inplace ? changed : null,
  });
  const changed = inPlace(f);
  return f;
}
