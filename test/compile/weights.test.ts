// Matrices that several products read are packed, or for few rows transposed, once in each run.
import { autograd, compile, manualSeed, nn, randn, setNumThreads, type Tensor } from 'ostinato';
import { kernelNames } from '../../src/native/recording';
import { withStandingWeights } from '../../src/compile/weights';
import { traceFunction } from '../../src/compile/traced';
import { expectSameBits } from '../support';

const steps =
  (w: Tensor, bias: Tensor | null, v: Tensor) =>
  (x: Tensor): Tensor => {
    let h = x;
    for (let t = 0; t < 3; t++) h = nn.functional.linear(h, w, bias).tanh().matmul(v).sigmoid();
    return h;
  };

// Inner sizes beyond a block of k, rows in place and packed, columns that fill no panel.
it.each([
  [2, 70, 90],
  [6, 64, 128],
  [7, 70, 90],
  [32, 256, 300],
  [33, 1024, 80],
  [250, 65, 67],
])('has the bits of its products: %d rows, [%d, %d]', (rows, H, G) => {
  manualSeed(0);
  for (const dtype of ['float32', 'float64'] as const) {
    const parameters = [[G, H], [G], [G, H]].map((shape) =>
      randn(shape, { dtype }).mul(0.1).detach().requiresGrad_(),
    );
    const [w, bias, v] = parameters;
    for (const f of [steps(w, bias, v), steps(w, null, v)]) {
      const compiled = compile(f);
      for (const threads of [1, 2]) {
        setNumThreads(threads);
        const x = randn([rows, H], { dtype }).requiresGrad_();
        const [a, b] = [compiled(x), f(x)];
        expectSameBits([a], [b]);
        const options = { gradOutputs: [randn(b.shape, { dtype })], allowUnused: true };
        const wanted = [x, ...parameters];
        expectSameBits(autograd.grad([a], wanted, options), autograd.grad([b], wanted, options));
      }
    }
  }
});

function kernelsOf(f: (x: Tensor) => Tensor, shape: readonly number[]): string[] {
  const signature = { shape, dtype: 'float32' as const, requiresGrad: false };
  const traced = traceFunction(
    ([x]) => f(x),
    [signature],
    false,
    () => false,
  );
  return withStandingWeights(traced.forward)
    .map(({ kernel }) => kernelNames[kernel])
    .filter((name) => /gemm|copy/.test(name));
}

it('copies each matrix once', () => {
  const [w, v] = [randn([80, 64]), randn([80, 64])];
  expect(kernelsOf(steps(w, null, v), [32, 64])).toEqual([
    'gemm_pack_f32',
    'gemm_packed_f32',
    'gemm_pack_f32',
    ...new Array<string>(5).fill('gemm_packed_f32'),
  ]);
  // Few rows: what is transposed is copied, the other read as it lies.
  expect(kernelsOf(steps(w, null, v), [2, 64])).toEqual([
    'copy_f32',
    ...new Array<string>(6).fill('gemm_f32'),
  ]);
});

it('copies no matrix that is used twice, or that changes in between', () => {
  const w = randn([80, 80]);
  expect(kernelsOf((x) => x.matmul(w).matmul(w), [32, 80])).toEqual(['gemm_f32', 'gemm_f32']);
  const f = (x: Tensor): Tensor => {
    const own = x.t().matmul(x);
    let h = x;
    for (let i = 0; i < 4; i++) {
      h = h.matmul(own).tanh();
      if (i === 1) own.mul_(0.5);
    }
    return h;
  };
  expect(kernelsOf(f, [32, 80])).not.toContain('gemm_pack_f32');
  const x = randn([32, 80]);
  expectSameBits([compile(f)(x)], [f(x)]);
});
