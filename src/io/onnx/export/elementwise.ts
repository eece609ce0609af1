/** Elementwise operations as ONNX's. */
import type { Parameters } from '../../../ops/elementwise/activation-declaration';
import type { ClampContext } from '../../../ops/elementwise/clamp';
import type { PowContext } from '../../../ops/elementwise/power';
import type { WhereContext } from '../../../ops/elementwise/where';
import type { MaskedFillContext } from '../../../ops/indexing/masked';
import type { DType } from '../../../tensor/dtype';
import { numberOf } from '../tensors';
import { float, type Pair, type Writer } from './emitter';

const plain =
  (opType: string, attributes: Record<string, ReturnType<typeof float>> = {}): Writer =>
  (pair) =>
    pair.results(pair.emitter.node(opType, [pair.input(0)], attributes));

/** A function of x by other nodes; `number` is a constant of x's type. */
const composed =
  (
    make: (
      x: string,
      node: (opType: string, ...inputs: string[]) => string,
      number: (value: number) => string,
    ) => string,
  ): Writer =>
  (pair) => {
    const { emitter } = pair;
    const { dtype } = pair.tensor(0);
    pair.results(make(pair.input(0), (opType, ...inputs) => emitter.node(opType, inputs), (value) => emitter.scalar(value, dtype))); // prettier-ignore
  };

/** The element type that both operands are of. */
const typeOf = (pair: Pair): DType => {
  const operand = pair.a.inputs.find((x) => typeof x === 'object' && x !== null);
  return (operand as { dtype: DType }).dtype;
};
const binary =
  (opType: string): Writer =>
  (pair) => {
    const dtype = typeOf(pair);
    pair.results(pair.emitter.node(opType, [pair.input(0, dtype), pair.input(1, dtype)]));
  };
const negated =
  (opType: string): Writer =>
  (pair) => {
    const dtype = typeOf(pair);
    const is = pair.emitter.node(opType, [pair.input(0, dtype), pair.input(1, dtype)]);
    pair.results(pair.emitter.node('Not', [is]));
  };
/** An activation with numbers p and q. */
const activation =
  (
    opType: string,
    attributes: (p: number, q: number) => Record<string, ReturnType<typeof float>>,
  ): Writer =>
  (pair) => {
    const [p, q] = pair.fixed((numbers: Parameters) => numbers);
    pair.results(pair.emitter.node(opType, [pair.input(0)], attributes(p, q)));
  };

/** Φ(x)·x, by the error function or tanh. */
const gelu: Writer = (pair) => {
  const { emitter } = pair;
  const x = pair.input(0);
  const number = (value: number): string => emitter.scalar(value, pair.tensor(0).dtype);
  const isTanh = pair.fixed(([p]: Parameters) => p) === 1;
  const cube = (): string => emitter.node('Mul', [x, emitter.node('Mul', [x, x])]);
  const inner = isTanh
    ? emitter.node('Tanh', [emitter.node('Mul', [number(Math.sqrt(2 / Math.PI)), emitter.node('Add', [x, emitter.node('Mul', [number(0.044715), cube()])])])]) // prettier-ignore
    : emitter.node('Erf', [emitter.node('Mul', [x, number(Math.SQRT1_2)])]);
  const share = emitter.node('Mul', [emitter.node('Add', [inner, number(1)]), number(0.5)]);
  pair.results(emitter.node('Mul', [x, share]));
};

const clamp: Writer = (pair) => {
  const { emitter } = pair;
  const { dtype } = pair.tensor(0);
  if (pair.a.inputs.length > 1) {
    const low = pair.has(1) ? emitter.node('Max', [pair.input(0), pair.input(1)]) : pair.input(0);
    pair.results(pair.has(2) ? emitter.node('Min', [low, pair.input(2)]) : low);
    return;
  }
  const { low, high } = pair.fixed((range: ClampContext) => ({ low: String(range.low), high: String(range.high) })); // prettier-ignore
  const bound = (text: string): string => (Number.isFinite(Number(text)) ? emitter.scalar(Number(text), dtype) : ''); // prettier-ignore
  pair.results(emitter.node('Clip', [pair.input(0), bound(low), bound(high)]));
};

/** Between the numbers p and q. */
const between: Writer = (pair) => {
  const { emitter } = pair;
  const [p, q] = pair.fixed((numbers: Parameters) => numbers);
  const bounds = [p, q].map((bound) => emitter.scalar(bound, pair.tensor(0).dtype));
  pair.results(emitter.node('Clip', [pair.input(0), ...bounds]));
};

export const elementwise: Readonly<Record<string, Writer>> = {
  ...Object.fromEntries(
    ['Tanh', 'Sigmoid', 'Relu', 'Exp', 'Log', 'Sqrt', 'Neg', 'Abs', 'Reciprocal', 'Erf', 'Sin', 'Cos', 'Tan', 'Floor', 'Ceil', 'Round', 'Sign', 'Sinh', 'Cosh', 'Asin', 'Acos', 'Atan', 'Asinh', 'Acosh', 'Atanh'].map((opType) => [`unary:${opType.toLowerCase()}`, plain(opType)]), // prettier-ignore
  ),
  'unary:square': composed((x, node) => node('Mul', x, x)),
  'unary:rsqrt': composed((x, node) => node('Reciprocal', node('Sqrt', x))),
  'unary:log1p': composed((x, node, number) => node('Log', node('Add', x, number(1)))),
  'unary:expm1': composed((x, node, number) => node('Sub', node('Exp', x), number(1))),
  'unary:log2': composed((x, node, number) => node('Mul', node('Log', x), number(Math.LOG2E))),
  'unary:log10': composed((x, node, number) => node('Mul', node('Log', x), number(Math.LOG10E))),
  'unary:exp2': composed((x, node, number) => node('Pow', number(2), x)),
  'unary:silu': composed((x, node) => node('Mul', x, node('Sigmoid', x))),
  'unary:mish': composed((x, node) => node('Mul', x, node('Tanh', node('Softplus', x)))),
  'unary:log_sigmoid': composed((x, node) => node('Neg', node('Softplus', node('Neg', x)))),
  'unary:hardswish': plain('HardSwish'),
  'unary:hardsigmoid': plain('HardSigmoid', { alpha: float(1 / 6), beta: float(0.5) }),
  'unary:logical_not': plain('Not'),
  'binary:add': binary('Add'),
  'binary:sub': binary('Sub'),
  'binary:mul': binary('Mul'),
  'binary:div': binary('Div'),
  'binary:pow': binary('Pow'),
  'binary:maximum': binary('Max'),
  'binary:minimum': binary('Min'),
  'binary:eq': binary('Equal'),
  'binary:ne': negated('Equal'),
  'binary:lt': binary('Less'),
  'binary:le': binary('LessOrEqual'),
  'binary:gt': binary('Greater'),
  'binary:ge': binary('GreaterOrEqual'),
  'binary:logical_and': binary('And'),
  'binary:logical_or': binary('Or'),
  'binary:logical_xor': binary('Xor'),
  pow: (pair) => {
    const exponent = pair.fixed((n: PowContext) => n);
    pair.results(pair.emitter.node('Pow', [pair.input(0), pair.emitter.scalar(exponent, pair.tensor(0).dtype)])); // prettier-ignore
  },
  gelu,
  leakyRelu: activation('LeakyRelu', (alpha) => ({ alpha: float(alpha) })),
  elu: activation('Elu', (alpha) => ({ alpha: float(alpha) })),
  celu: activation('Celu', (alpha) => ({ alpha: float(alpha) })),
  selu: activation('Selu', () => ({})),
  softplus: (pair) => {
    const { emitter } = pair;
    const [beta] = pair.fixed((numbers: Parameters) => numbers);
    const number = emitter.scalar(beta, pair.tensor(0).dtype);
    if (beta === 1) return pair.results(emitter.node('Softplus', [pair.input(0)]));
    const y = emitter.node('Softplus', [emitter.node('Mul', [pair.input(0), number])]);
    return pair.results(emitter.node('Div', [y, number]));
  },
  prelu: (pair) => {
    const { emitter } = pair;
    // One slope for all, or one for each of dimension 1.
    const spread = pair.tensor(1).numel === 1 || pair.tensor(0).ndim < 2 ? [] : pair.tensor(0).shape.slice(2).map((_, d) => d + 1); // prettier-ignore
    const slope = spread.length === 0 ? pair.input(1) : emitter.node('Unsqueeze', [pair.input(1), emitter.ints(spread)]); // prettier-ignore
    pair.results(emitter.node('PRelu', [pair.input(0), slope]));
  },
  clamp,
  hardtanh: between,
  relu6: between,
  where: (pair) => {
    const { dtype } = pair.a.results[0];
    pair.results(pair.emitter.node('Where', [pair.other((condition: WhereContext) => condition), pair.input(0, dtype), pair.input(1, dtype)])); // prettier-ignore
  },
  maskedFill: (pair) => {
    const mask = pair.other(({ mask: of }: MaskedFillContext) => of);
    pair.results(pair.emitter.node('Where', [mask, pair.input(1), pair.input(0)]));
  },
  to: (pair) => pair.results(pair.emitter.node('Cast', [pair.input(0)], { to: numberOf[pair.a.results[0].dtype] })), // prettier-ignore
  clone: plain('Identity'),
};
