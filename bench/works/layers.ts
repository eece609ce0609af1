/**
 * Layers beside the recurrent ones, at the sizes of programs around them: convolution, batch normalization, attention,
 * CTC and einsum, forward and backward. peers/torch_layers.py has the same; both draw parameters, inputs and gradients from
 * one seed.
 */
import { einsum, manualSeed, nn, randn, type Tensor } from 'ostinato';
import { indices } from './parts';
import type { Goal, Work } from './work';

const goals: readonly Goal[] = [{ than: 'torch', times: 1.2 }];

interface Step {
  /** What starts with gradient null and has one after a run. */
  readonly leaves: readonly Tensor[];
  /** Those whose gradients are compared. Default: all. */
  readonly compared?: readonly Tensor[];
  forward(): Tensor;
}

/** Forward and backward of what `make` returns; a result that is no scalar is given a gradient. */
function training(
  name: string,
  torch: { work: string; args: readonly unknown[] },
  flops: number | undefined,
  make: () => Step,
): Work {
  return {
    name: `${name}, forward + backward`,
    group: 'layers',
    goals,
    flops,
    torch,
    make() {
      manualSeed(0);
      const made = make();
      const { leaves, compared = leaves } = made;
      const forward = (): Tensor => made.forward();
      const shape = forward().shape;
      const options = shape.length === 0 ? undefined : { gradient: randn([...shape]) };
      const step = (): Tensor => {
        for (const leaf of leaves) leaf.grad = null;
        const out = forward();
        out.backward(options);
        return out;
      };
      return {
        run: () => void step(),
        result: () => [step(), ...compared.map((leaf) => leaf.grad!)],
      };
    },
  };
}

interface OneTensor {
  parameters(): nn.Parameter[];
  forward(x: Tensor): Tensor;
}

/** A layer of one tensor, given its class and the arguments of the constructor here and there. */
function layer(
  kind: string,
  make: () => OneTensor,
  args: readonly unknown[],
  keywords: Readonly<Record<string, number>>,
  shape: readonly number[],
  flops?: number,
): Work {
  const said = [
    ...args,
    ...Object.entries(keywords).map(([key, value]) => `${key} ${String(value)}`),
  ];
  return training(
    `${kind}(${said.join(', ')}) of ${shape.join(' × ')}`,
    { work: 'layer', args: [kind, args, keywords, shape] },
    flops,
    () => {
      const module = make();
      const x = randn([...shape]).requiresGrad_();
      return { leaves: [x, ...module.parameters()], forward: () => module.forward(x) };
    },
  );
}

interface Convolution {
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

function conv1d(
  [N, C, L]: readonly [number, number, number],
  O: number,
  K: number,
  options: Convolution = {},
): Work {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const steps = Math.floor((L + 2 * padding - dilation * (K - 1) - 1) / stride) + 1;
  return layer(
    'Conv1d',
    () => new nn.Conv1d(C, O, K, options),
    [C, O, K],
    { ...options },
    [N, C, L],
    3 * 2 * N * O * (C / groups) * K * steps,
  );
}

function batchNorm(features: number, shape: readonly number[]): Work {
  return layer('BatchNorm1d', () => new nn.BatchNorm1d(features), [features], {}, shape);
}

/** Self-attention of N sequences of L steps of E features, without the weights as a result. */
function attention(N: number, L: number, E: number, heads: number): Work {
  return training(
    `MultiheadAttention(${E}, ${heads}) of ${N} × ${L} × ${E}`,
    { work: 'attention', args: [N, L, E, heads] },
    3 * 2 * N * L * (4 * E * E + 2 * L * E),
    () => {
      const module = new nn.MultiheadAttention(E, heads, { batchFirst: true });
      const x = randn([N, L, E]).requiresGrad_();
      return {
        leaves: [x, ...module.parameters()],
        forward: () => module.forward(x, x, x, { needWeights: false })[0],
      };
    },
  );
}

/** The loss of N targets of S labels among C classes, over T steps, from scores. */
function ctc(T: number, N: number, C: number, S: number): Work {
  return training(
    `logSoftmax and CTCLoss, ${T} steps, ${N} rows, ${C} classes, ${S} labels`,
    { work: 'ctc', args: [T, N, C, S] },
    undefined,
    () => {
      const x = randn([T, N, C]).requiresGrad_();
      const target = indices(N * S, C - 1)
        .add(1)
        .reshape([N, S]);
      const loss = new nn.CTCLoss();
      const inputs = Array.from({ length: N }, () => T);
      const targets = Array.from({ length: N }, () => S);
      return {
        leaves: [x],
        // PyTorch's has four digits at 500 steps, since it computes in single precision.
        compared: [],
        forward: () => loss.forward(x.logSoftmax(2), target, inputs, targets),
      };
    },
  );
}

function contraction(equation: string, ...shapes: (readonly number[])[]): Work {
  return training(
    `einsum ${equation} of ${shapes.map((shape) => shape.join(' × ')).join(' and ')}`,
    { work: 'einsum', args: [equation, shapes] },
    undefined,
    () => {
      const leaves = shapes.map((shape) => randn([...shape]).requiresGrad_());
      return { leaves, forward: () => einsum(equation, ...leaves) };
    },
  );
}

export const layers: readonly Work[] = [
  conv1d([32, 80, 100], 128, 3, { padding: 1 }),
  conv1d([16, 64, 256], 64, 5, { padding: 2 }),
  conv1d([8, 1, 16_000], 64, 10, { stride: 5 }),
  conv1d([32, 32, 128], 32, 3, { padding: 8, dilation: 8 }),
  conv1d([16, 128, 200], 128, 9, { padding: 4, groups: 128 }),
  conv1d([1, 258, 4], 128, 3, { padding: 1 }),
  layer(
    'ConvTranspose1d',
    () => new nn.ConvTranspose1d(128, 64, 8, { stride: 4, padding: 2 }),
    [128, 64, 8],
    { stride: 4, padding: 2 },
    [16, 128, 64],
  ),
  batchNorm(64, [32, 64, 100]),
  batchNorm(128, [64, 128]),
  batchNorm(256, [1024, 256]),
  attention(32, 50, 256, 4),
  attention(8, 128, 512, 8),
  attention(2, 10, 64, 4),
  ctc(50, 16, 20, 10),
  ctc(150, 16, 30, 30),
  ctc(500, 8, 80, 60),
  contraction('bij,bjk->bik', [32, 50, 64], [32, 64, 50]),
  contraction('bhid,bhjd->bhij', [16, 4, 50, 16], [16, 4, 50, 16]),
  contraction('bhid,bhjd->bhij', [8, 8, 128, 64], [8, 8, 128, 64]),
  contraction('btd,de->bte', [32, 64, 128], [128, 256]),
  contraction('bi,bj->bij', [64, 128], [64, 128]),
];
