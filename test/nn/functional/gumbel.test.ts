// gumbelSoftmax: PyTorch's draws, values and gradients for its seed.
import { autograd, manualSeed, nn, tensor } from 'ostinato';
import { expectClose, flat } from '../../support';

const { gumbelSoftmax } = nn.functional;
const logits = () => tensor([[0.5, -1, 2, 0], [1, 1, 0, -2]], { requiresGrad: true }); // prettier-ignore

// torch.manual_seed(3); y = F.gumbel_softmax(logits, **options); torch.autograd.grad((y * torch.arange(1., 9).reshape(2, 4)).sum(), logits)
const cases: readonly [nn.functional.GumbelSoftmaxOptions, number[], number[]][] = [
  [
    {},
    [0.8082125186920166, 0.018520645797252655, 0.08479409664869308, 0.08847267925739288, 0.20145930349826813, 0.3026852309703827, 0.47099772095680237, 0.024857759475708008],
    [-0.36654597520828247, 0.010121038183569908, 0.13113179802894592, 0.22529330849647522, -0.26577597856521606, -0.09663344919681549, 0.32062986493110657, 0.04177958145737648],
  ],
  [
    { tau: 0.5, hard: true },
    [1, 0, 0, 0, 0, 0, 1, 0],
    [-0.11166416108608246, 0.0009674790198914707, 0.041788432747125626, 0.06890831887722015, -0.34663549065589905, -0.2658405005931854, 0.607301652431488, 0.005176073405891657],
  ],
  [
    { dim: 0, tau: 2 },
    [0.8322343230247498, 0.3798990845680237, 0.5124008059501648, 0.8237101435661316, 0.16776567697525024, 0.6201009154319763, 0.4875991642475128, 0.1762898713350296],
    [-0.2792406976222992, -0.47115159034729004, -0.4996923804283142, -0.29042357206344604, 0.2792406976222992, 0.4711514711380005, 0.49969246983528137, 0.2904234826564789],
  ],
]; // prettier-ignore

test.each(cases)('%j', (options, values, grads) => {
  manualSeed(3);
  const x = logits();
  const y = gumbelSoftmax(x, options);
  const weights = tensor([[1, 2, 3, 4], [5, 6, 7, 8]]); // prettier-ignore
  const [g] = autograd.grad(y.mul(weights).sum(), x);
  expectClose(y.detach(), tensor(values).reshape([2, 4]), 1e-6);
  expectClose(g!, tensor(grads).reshape([2, 4]), 2e-6);
});

test('strides of the logits do not change the draws', () => {
  const x = logits().detach();
  manualSeed(3);
  const strided = gumbelSoftmax(x.t(), { dim: 0 });
  manualSeed(3);
  expect(flat(strided)).toEqual(flat(gumbelSoftmax(x.t().contiguous(), { dim: 0 })));
});

test('refuses what has no categories or a temperature of 0', () => {
  expect(() => gumbelSoftmax(tensor([1, 2]), { dim: 1 })).toThrow(
    new RangeError(
      'gumbelSoftmax: dim must be an integer from -1 to 0 for a tensor of 1 dimensions, got 1',
    ),
  );
  expect(() => gumbelSoftmax(tensor([1, 2]), { tau: 0 })).toThrow(
    new RangeError('gumbelSoftmax: tau must be a number above 0, got 0'),
  );
  expect(() => gumbelSoftmax(tensor([1, 2], { dtype: 'int32' }))).toThrow(
    "gumbelSoftmax: takes float32 or float64, got int32; convert with to('float32')",
  );
});
