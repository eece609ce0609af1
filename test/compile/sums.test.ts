// Sums of products: the gradient of a weight that is used at every step.
import { autograd, compile, manualSeed, nn, randn, setNumThreads, type Tensor } from 'ostinato';
import { expectSameBits } from '../support';

const shapes = [
  [5, 3, 4],
  [7, 33, 20],
  [40, 8, 70],
  [2, 2, 3],
] as const;

// Each step uses both weights; `linear` and `matmul` have gradients of their own forms.
const unroll =
  (w: Tensor, v: Tensor) =>
  (x: Tensor): Tensor => {
    let h = x.at(0).mul(0);
    for (const xt of x.unbind(0)) h = nn.functional.linear(xt, w).add(h.matmul(v)).tanh();
    return h;
  };

it.each(shapes)('has the bits of its products: %d steps of %d by %d', (T, B, H) => {
  manualSeed(0);
  for (const dtype of ['float32', 'float64'] as const) {
    const [w, v] = [0, 1].map(() => randn([H, H], { dtype }).mul(0.3).requiresGrad_().detach());
    for (const p of [w, v]) p.requiresGrad = true;
    const f = unroll(w, v);
    const compiled = compile(f);
    for (const threads of [1, 2]) {
      setNumThreads(threads);
      const x = randn([T, B, H], { dtype });
      const grads = [compiled(x), f(x)].map((out) => autograd.grad([out.square().sum()], [w, v]));
      expectSameBits(grads[0], grads[1]);
    }
  }
});

it('has the bits of products whose sum is looked at in between, or whose factors change', () => {
  const looked = (x: Tensor): Tensor => {
    const sum = x
      .at(0)
      .t()
      .matmul(x.at(1))
      .add(x.at(1).t().matmul(x.at(2)));
    const on = sum.mul(2);
    sum.add_(x.at(2).t().matmul(x.at(0)));
    return on.add(sum);
  };
  const changed = (x: Tensor): Tensor => {
    const a = x.at(0).mul(2);
    const first = a.t().matmul(x.at(1));
    const second = a.t().matmul(x.at(2));
    a.add_(1);
    return first.add(second).add(a.t().matmul(a));
  };
  const x = randn([3, 4, 6]);
  for (const f of [looked, changed]) expectSameBits([compile(f)(x)], [f(x)]);
});
