// x = torch.tensor([-1., -0., 0., 1.], dtype=torch.float64, requires_grad=True)
// g, = torch.autograd.grad(F.elu(x, alpha).sum(), x, create_graph=True); torch.autograd.grad(g.sum(), x)
import { autograd, nn, tensor } from 'ostinato';

it.each([
  [1, [Math.exp(-1), 0, 0, 0]],
  [0.8, [0.8 * Math.exp(-1), 0, 0, 0]],
])('the second derivative of elu is 0 at 0 (alpha %d)', (alpha, expected) => {
  const x = tensor([-1, -0, 0, 1], { dtype: 'float64' }).requiresGrad_();
  const y = nn.functional.elu(x, { alpha }).sum();
  const [g] = autograd.grad([y], [x], { createGraph: true });
  expect(g!.detach().toArray()).toEqual([alpha * Math.exp(-1), alpha, alpha, 1]);
  const [h] = autograd.grad([g!.sum()], [x]);
  expect(h!.toArray()).toEqual(expected);
});
