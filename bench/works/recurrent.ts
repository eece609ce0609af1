/** Recurrent layers: inference, whole training steps, one streaming step with carried state. */
import { nn, noGrad, optim, type Tensor } from 'ostinato';
import { filled, values, type Goal, type Work } from './work';

export type Kind = 'RNN' | 'LSTM' | 'GRU';
/** B, T, I, H, layers */
export type Sizes = readonly [number, number, number, number, number];

/** Pre-activation blocks of a hidden unit. */
const blocks: Readonly<Record<Kind, number>> = { RNN: 1, LSTM: 4, GRU: 3 };

/** Floating-point operations of the products of one forward pass; backward has twice as many. */
export function forwardFlops(kind: Kind, [B, T, I, H, L]: Sizes): number {
  return 2 * B * T * blocks[kind] * H * (I + H + (L - 1) * 2 * H);
}

/** A layer with the weights that peers have too. */
export function makeLayer(kind: Kind, I: number, H: number, L: number): nn.LSTM {
  const layer = new nn[kind](I, H, { numLayers: L, batchFirst: true });
  fill(layer);
  // The three differ in their states only, which the works leave to the layer.
  return layer as nn.LSTM;
}

/** Parameter i becomes sin(0.7 j + i) / √(its last size), as `fill` of torch_values.py has it. */
export function fill(module: nn.Module): void {
  noGrad(() =>
    module.parameters().forEach((p, i) => {
      p.copy_(filled(p.shape, i).mul(p.shape[p.ndim - 1] ** -0.5));
    }),
  );
}

export const show = (sizes: Sizes): string => sizes.join();

interface Extra {
  readonly threads?: number;
  /** Compare with tfjs as well: only where its run takes seconds, not minutes. */
  readonly tfjs?: boolean;
}

/** Forward, mean squared error, backward and (fused) Adam. */
export function train(
  kind: Kind,
  sizes: Sizes,
  goals: readonly Goal[],
  { threads, tfjs }: Extra = {},
): Work {
  const [B, T, I, H, L] = sizes;
  return {
    name: `${kind} training step, ${show(sizes)}`,
    group: 'training',
    goals,
    threads,
    flops: 3 * forwardFlops(kind, sizes),
    torch: { work: 'train', args: [kind, ...sizes] },
    tfjs: tfjs === true ? { work: 'train', args: [kind, ...sizes] } : undefined,
    make() {
      const layer = makeLayer(kind, I, H, L);
      const optimizer = new optim.Adam(layer.parameters(), { lr: 1e-3 });
      const x = filled([B, T, I], 0);
      const target = filled([B, T, H], 1);
      const loss = new nn.MSELoss();
      const step = (): Tensor => {
        optimizer.zeroGrad();
        const out = loss.forward(layer.forward(x)[0], target);
        out.backward();
        optimizer.step();
        return out;
      };
      return {
        run: () => void step(),
        result: () => [step(), layer.parameters()[0].grad!, layer.parameters()[1].grad!],
      };
    },
  };
}

/** A whole sequence without gradient. */
export function infer(
  kind: Kind,
  sizes: Sizes,
  goals: readonly Goal[],
  { threads, tfjs }: Extra = {},
): Work {
  const [B, T, I, H, L] = sizes;
  return {
    name: `${kind} forward, ${show(sizes)}`,
    group: 'forward',
    goals,
    threads,
    flops: forwardFlops(kind, sizes),
    torch: { work: 'infer', args: [kind, ...sizes] },
    tfjs: tfjs === true ? { work: 'infer', args: [kind, ...sizes] } : undefined,
    make() {
      const layer = makeLayer(kind, I, H, L);
      const x = filled([B, T, I], 0);
      const step = (): Tensor => noGrad(() => layer.forward(x)[0]);
      return { run: () => void step(), result: () => [step()] };
    },
  };
}

/** One step of a streaming LSTM with carried state, from TypeScript. */
export function streamingStep(I: number, H: number): Work {
  const weightBytes = 4 * (4 * H * (I + H) + 8 * H);
  return {
    name: `LSTM streaming step, B = 1, ${I} → ${H}`,
    group: 'streaming',
    // At most 1.3 times as long as reading the weights takes.
    goals: [{ than: 'onnx', times: 3 }, { bandwidthShare: 1 / 1.3 }],
    moved: weightBytes,
    resident: weightBytes,
    flops: 2 * 4 * H * (I + H),
    torch: { work: 'stream', args: ['LSTM', I, H] },
    onnx: { work: 'lstmStep', args: [I, H] },
    make() {
      const layer = makeLayer('LSTM', I, H, 1);
      const x = filled([1, 1, I], 0);
      let state: [Tensor, Tensor] | undefined;
      const step = (): Tensor => {
        const [out, next] = noGrad(() => layer.forward(x, state));
        state = next;
        return out;
      };
      // Three steps, so that the carried state is compared as well.
      return { run: () => void step(), result: () => [step(), step(), step()] };
    },
  };
}

/** The weights and the input of `streamingStep`, for a peer that is not asked by name. */
export function streamingWeights(
  I: number,
  H: number,
): { weights: Float32Array[]; x: Float32Array } {
  const layer = makeLayer('LSTM', I, H, 1);
  return {
    weights: layer.parameters().map((p) => p.toTypedArray<Float32Array>()),
    x: values(I, 0),
  };
}

const tiny: Sizes = [2, 10, 4, 32, 1];
const many: Sizes = [4, 3, 1, 256, 2];
const middle: Sizes = [32, 64, 80, 256, 1];
const large: Sizes = [64, 100, 128, 512, 2];
export const kinds: readonly Kind[] = ['LSTM', 'GRU', 'RNN'];

/** Several goals as one list. */
const torch = (times: number): Goal => ({ than: 'torch', times });
const peak = (peakShare: number): Goal => ({ peakShare });

export const forward: readonly Work[] = kinds.flatMap((kind) => [
  infer(kind, middle, [peak(0.85), torch(1)], { tfjs: kind === 'LSTM' }),
  infer(kind, large, [peak(0.85), torch(1)]),
]);

export const training: readonly Work[] = kinds.flatMap((kind) => [
  train(kind, middle, [torch(2), peak(0.8)]),
  train(kind, large, [torch(1.6), peak(0.8)]),
  train(kind, many, [torch(8), { seconds: 1 / 1200 }], { tfjs: kind === 'LSTM' }),
  train(kind, tiny, [torch(50), { seconds: 15e-6 }], { tfjs: kind === 'LSTM' }),
]);

export const streaming: readonly Work[] = [streamingStep(80, 256), streamingStep(256, 512)];

export const shapes = { tiny, many, middle, large };
