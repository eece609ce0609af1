/** The works of the benchmark: each done by Ostinato, and by a peer where one does the same. */
import { mm, nn, noGrad, optim, tensor, type Tensor } from 'ostinato';
import type { OnnxPeer } from './peers/onnx';

/** What a peer is asked for. */
export type PeerWork =
  | {
      readonly peer: 'torch';
      readonly work: string;
      readonly args: readonly unknown[];
      readonly perCall?: number;
    }
  | { readonly peer: 'onnx'; readonly sizes: readonly [number, number, number] };

export interface Work {
  readonly name: string;
  /** At least this many times as fast as the peer, or (peak) this share of the processor's peak. */
  readonly goal: number;
  readonly kind: 'ratio' | 'peak';
  readonly peer: PeerWork | null;
  /** Floating-point operations of one run, for `peak`. */
  readonly flops?: number;
  /** Makes what is timed; `result` is compared with the peer's before anything is timed. */
  make(): { run: () => void; result: () => Tensor };
}

/** The values that every side starts from: sin(0.7 i + phase). */
export function values(n: number, phase: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.7 + phase));
}

type Kind = 'RNN' | 'LSTM' | 'GRU';

export function makeLayer(kind: Kind, I: number, H: number, L: number): nn.LSTM {
  const layer = new nn[kind](I, H, { numLayers: L, batchFirst: true });
  noGrad(() =>
    layer.parameters().forEach((p, i) => {
      const scale = p.shape[p.ndim - 1] ** -0.5;
      p.copy_(tensor(values(p.numel, i)).reshape(p.shape).mul(scale));
    }),
  );
  // The three differ in their states only, which the works leave to the layer.
  return layer as nn.LSTM;
}

export function train(kind: Kind, [B, T, I, H, L]: readonly number[], goal: number): Work {
  return {
    name: `${kind} forward + backward + Adam, (B,T,I,H,L) = ${[B, T, I, H, L].join()}`,
    goal,
    kind: 'ratio',
    peer: { peer: 'torch', work: 'train', args: [kind, B, T, I, H, L] },
    make() {
      const layer = makeLayer(kind, I, H, L);
      const optimizer = new optim.Adam(layer.parameters(), { lr: 1e-3 });
      const x = tensor(values(B * T * I, 0)).reshape([B, T, I]);
      const target = tensor(values(B * T * H, 1)).reshape([B, T, H]);
      const loss = new nn.MSELoss();
      const step = (): Tensor => {
        optimizer.zeroGrad();
        const out = loss.forward(layer.forward(x)[0], target);
        out.backward();
        optimizer.step();
        return out;
      };
      return { run: () => void step(), result: step };
    },
  };
}

export function infer(kind: Kind, [B, T, I, H, L]: readonly number[], goal: number): Work {
  return {
    name: `${kind} forward, no gradient, (B,T,I,H,L) = ${[B, T, I, H, L].join()}`,
    goal,
    kind: 'ratio',
    peer: { peer: 'torch', work: 'infer', args: [kind, B, T, I, H, L] },
    make() {
      const layer = makeLayer(kind, I, H, L);
      const x = tensor(values(B * T * I, 0)).reshape([B, T, I]);
      const step = (): Tensor => noGrad(() => layer.forward(x)[0]);
      return { run: () => void step(), result: step };
    },
  };
}

/** One step of a streaming LSTM with carried state, from TypeScript, against onnxruntime. */
export function streamingStep(I: number, H: number, goal: number): Work {
  return {
    name: `LSTM, one step, B = 1, ${I} → ${H}, no gradient`,
    goal,
    kind: 'ratio',
    peer: { peer: 'onnx', sizes: [1, I, H] },
    make() {
      const layer = makeLayer('LSTM', I, H, 1);
      const x = tensor(values(I, 0)).reshape([1, 1, I]);
      let state: [Tensor, Tensor] | undefined;
      const step = (): Tensor => {
        const [out, next] = noGrad(() => layer.forward(x, state));
        state = next;
        return out;
      };
      return { run: () => void step(), result: step };
    },
  };
}

export async function onnxStep(
  peer: OnnxPeer,
  [N, I, H]: readonly [number, number, number],
): Promise<() => Promise<Float32Array>> {
  const layer = makeLayer('LSTM', I, H, 1);
  const weights = layer.parameters().map((p) => p.toTypedArray() as Float32Array);
  return peer.lstmStep([N, I, H], weights, values(I, 0));
}

export function product(M: number, K: number, N: number, goal: number): Work {
  return {
    name: M === N && N === K ? `matrix product ${M}³` : `matrix product ${M} × ${K} × ${N}`,
    goal,
    kind: 'peak',
    peer: { peer: 'torch', work: 'matmul', args: [M, K, N] },
    flops: 2 * M * N * K,
    make() {
      const a = tensor(values(M * K, 0)).reshape([M, K]);
      const b = tensor(values(K * N, 1)).reshape([K, N]);
      const step = (): Tensor => noGrad(() => mm(a, b));
      return { run: () => void step(), result: step };
    },
  };
}

export function addition(n: number, goal: number): Work {
  const calls = 100;
  return {
    name: `add of two tensors of ${n} elements, no gradient`,
    goal,
    kind: 'ratio',
    peer: { peer: 'torch', work: 'add', args: [n], perCall: calls },
    make() {
      const a = tensor(values(n, 0));
      const b = tensor(values(n, 1));
      const many = (): void => {
        for (let i = 0; i < calls; i++) a.add(b);
      };
      return { run: () => noGrad(many), result: () => a.add(b) };
    },
  };
}

/** The table of `npm run bench`. */
export const works: readonly Work[] = [
  train('LSTM', [4, 3, 1, 256, 2], 5),
  train('LSTM', [2, 10, 4, 32, 1], 20),
  train('LSTM', [32, 64, 80, 256, 1], 1.5),
  train('GRU', [32, 64, 80, 256, 1], 1.5),
  train('RNN', [32, 64, 80, 256, 1], 1.5),
  infer('LSTM', [32, 64, 80, 256, 1], 1),
  streamingStep(80, 256, 2),
  product(256, 256, 256, 0.85),
  product(512, 512, 512, 0.85),
  product(1024, 1024, 1024, 0.85),
  addition(8, 5),
];
