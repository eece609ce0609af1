/**
 * The orthogonal factor of a matrix by blocked Householder reflections, in double precision. A block's
 * reflections together are I − V·T·Vᵀ (Schreiber and Van Loan 1989), so that nearly all the work is matrix products.
 *
 * Everything is held transposed, so that a column is a row in memory: a block's V is [count, M], zero before the
 * diagonal, and what a block still has to change is a run of whole rows, changed in place.
 */
import { noGrad } from '../../autograd/mode';
import { copyInto } from '../../ops/kernels/copy';
import { eye, zeros } from '../../ops/creation/factories';
import { productInto } from '../../ops/matmul/layout';
import { mm } from '../../ops/matmul/mm';
import { t } from '../../ops/view/permute';
import { narrow } from '../../ops/view/select';
import { sizesOf, elementsOf, empty, type Tensor } from '../../tensor/tensor';

const blockSize = 32;

interface Block {
  /** First column of A that it brings to upper triangular form. */
  readonly at: number;
  /** [count, M]: the reflections' vectors. */
  readonly v: Tensor;
  /** −T, upper triangular [count, count]. */
  readonly factor: Tensor;
}

// The rows from `from` on: x ← x − (x·Vᵀ)·T·V, or with Tᵀ.
function reflect(x: Tensor, from: number, { v, factor }: Block, transposed: boolean): void {
  if (from >= sizesOf(x)[0]) return;
  const rows = narrow(x, 0, from, sizesOf(x)[0] - from);
  const inner = mm(mm(rows, t(v)), transposed ? t(factor) : factor);
  productInto('orthogonal_', inner, v, null, rows, true);
}

/**
 * Brings the columns at … at + count of A (rows of `a`) to upper triangular form. `signs` receives the sign of R's
 * diagonal, `taus` each reflection's factor: H = I − tau·v·vᵀ.
 */
function factorColumns(
  a: Float64Array,
  M: number,
  at: number,
  v: Float64Array,
  taus: Float64Array,
  signs: Int8Array,
): void {
  const count = taus.length;
  for (let j = 0; j < count; j++) {
    const diagonal = at + j;
    const x = a.subarray((at + j) * M, (at + j + 1) * M);
    let squares = 0;
    for (let i = diagonal; i < M; i++) squares += x[i] * x[i];
    const norm = Math.sqrt(squares);
    const head = x[diagonal];
    const beta = head > 0 ? -norm : norm;
    const tau = norm === 0 ? 0 : (beta - head) / beta;
    const scale = norm === 0 ? 0 : 1 / (head - beta);
    signs[diagonal] = beta < 0 ? -1 : 1;
    taus[j] = tau;
    const own = v.subarray(j * M, (j + 1) * M);
    own[diagonal] = 1;
    for (let i = diagonal + 1; i < M; i++) own[i] = x[i] * scale;
    for (let k = j + 1; k < count; k++) {
      const y = a.subarray((at + k) * M, (at + k + 1) * M);
      let dot = 0;
      for (let i = diagonal; i < M; i++) dot += own[i] * y[i];
      const weight = tau * dot;
      for (let i = diagonal; i < M; i++) y[i] -= weight * own[i];
    }
  }
}

/** −T of H₀·H₁·… = I − V·T·Vᵀ: column j is −tau_j·T·(V·v_j) above its diagonal tau_j. */
function joined(v: Tensor, taus: Float64Array): Tensor {
  const count = taus.length;
  const products = elementsOf(mm(v, t(v)), count * count);
  const factor = zeros([count, count], { dtype: 'float64' });
  const memory = elementsOf(factor, count * count);
  for (let j = 0; j < count; j++) {
    for (let k = 0; k < j; k++) {
      let sum = 0;
      for (let l = k; l < j; l++) sum += memory[k * count + l] * products[l * count + j];
      memory[k * count + j] = -taus[j] * sum;
    }
    memory[j * count + j] = -taus[j];
  }
  return factor;
}

/**
 * Q of A = Q·R with orthonormal columns and R's diagonal positive, which makes it unique. Both are transposed here.
 * @param transposed Aᵀ [N, M], N ≤ M
 * @returns Qᵀ, float64 [N, M]
 */
export function orthonormalRows(transposed: Tensor): Tensor {
  return noGrad(() => {
    const [N, M] = sizesOf(transposed) as [number, number];
    const a = copyInto(transposed, empty([N, M], 'float64'));
    const memory = elementsOf(a, a.numel) as Float64Array;
    const signs = new Int8Array(N);
    const blocks: Block[] = [];
    for (let at = 0; at < N; at += blockSize) {
      const count = Math.min(blockSize, N - at);
      const v = zeros([count, M], { dtype: 'float64' });
      const taus = new Float64Array(count);
      factorColumns(memory, M, at, elementsOf(v, v.numel) as Float64Array, taus, signs);
      const block = { at, v, factor: joined(v, taus) };
      reflect(a, at + count, block, false);
      blocks.push(block);
    }
    const q = eye(N, M, { dtype: 'float64' });
    for (const block of blocks.reverse()) reflect(q, block.at, block, true);
    const out = elementsOf(q, q.numel);
    for (let row = 0; row < N; row++) {
      if (signs[row] < 0) for (let i = row * M; i < (row + 1) * M; i++) out[i] = -out[i];
    }
    return q;
  });
}
