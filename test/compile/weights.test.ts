// Matrices that several products read are packed, or for few rows transposed, once in each run, and from the fifth run without a change on
// for all of them (kept-weights.test.ts).
import { autograd, compile, manualSeed, nn, randn, setNumThreads, type Tensor } from 'ostinato';
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

it('takes no new memory for packed matrices from run to run', () => {
  const [w, v] = [randn([256, 256]), randn([256, 256])];
  const compiled = compile(steps(w, null, v));
  for (const rows of [2, 32]) {
    const x = randn([rows, 256]);
    for (let i = 0; i < 5; i++) compiled(x);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 10; i++) compiled(x);
    const results = 10 * 4 * rows * 256;
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(results + 4 * 256 * 256);
  }
});

it('has the bits of products with a matrix that changes in between', () => {
  const f = (x: Tensor): Tensor => {
    const own = x.t().matmul(x);
    let h = x;
    for (let i = 0; i < 4; i++) {
      h = h.matmul(own).tanh();
      if (i === 1) own.mul_(0.5);
    }
    return h;
  };
  const x = randn([32, 80]);
  expectSameBits([compile(f)(x)], [f(x)]);
});
