/** Matrix products: square, a few rows by recurrent weights, one row by weights. */
import { mm, noGrad, type Tensor } from 'ostinato';
import { filled, type Goal, type Work } from './work';

export function product(M: number, K: number, N: number, goals: readonly Goal[]): Work {
  return {
    name: M === N && N === K ? `matrix product ${M}³` : `matrix product ${M} × ${K} × ${N}`,
    group: 'product',
    goals,
    flops: 2 * M * N * K,
    torch: { work: 'matmul', args: [M, K, N] },
    make() {
      const a = filled([M, K], 0);
      const b = filled([K, N], 1);
      const step = (): Tensor => noGrad(() => mm(a, b));
      return { run: () => void step(), result: () => [step()] };
    },
  };
}

/** One row times weights, stored as a Linear layer stores them, [N, K], or as [K, N]: bounded by reading them. */
export function oneRow(K: number, N: number, stored: '[N, K]' | '[K, N]' = '[N, K]'): Work {
  const bytes = 4 * K * N;
  const linear = stored === '[N, K]';
  return {
    name: `one row × weights ${K} → ${N}${linear ? '' : `, stored ${stored}`}`,
    group: 'row',
    goals: [{ bandwidthShare: 0.85 }],
    flops: 2 * K * N,
    moved: bytes,
    resident: bytes,
    torch: linear ? { work: 'row', args: [K, N] } : { work: 'matmul', args: [1, K, N] },
    make() {
      const x = filled([1, K], 0);
      const w = linear ? filled([N, K], 1).t() : filled([K, N], 1);
      const step = (): Tensor => noGrad(() => mm(x, w));
      return { run: () => void step(), result: () => [step()] };
    },
  };
}

// At least the best of OpenBLAS and PyTorch, in both of PyTorch's columns.
const best: readonly Goal[] = [
  { than: 'torch', times: 1 },
  { than: 'openblas', times: 1 },
];

export const squares: readonly Work[] = [128, 256, 512, 1024, 2048].map((n) =>
  product(n, n, n, n >= 256 && n <= 1024 ? [...best, { peakShare: 0.93 }] : best),
);

export const rows: readonly Work[] = [128, 256, 512, 1024].flatMap((H) =>
  [4, 16, 32, 128].map((M) => product(M, H, 4 * H, best)),
);

export const single: readonly Work[] = [128, 256, 512, 1024, 2048].flatMap((H) => [
  oneRow(H, 4 * H),
  oneRow(H, 4 * H, '[K, N]'),
]);
