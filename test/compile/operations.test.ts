// Every line of the table of operations: compiled, it gives the bits that it gives by itself, forward, backward and in the
// second derivative.
import { autograd, compile, noGrad, tensor, type Tensor } from 'ostinato';
import { table } from '../ops/table';
import { spread } from '../ops/values';
import { expectNear, expectSameBits } from '../support';

const listOf = (out: Tensor | readonly Tensor[]): Tensor[] =>
  Array.isArray(out) ? [...(out as readonly Tensor[])] : [out as Tensor];

// The shape of its result depends on values.
const refused = /^maskedSelect/;
const reason =
  "maskedSelect cannot be traced: its result's shape depends on values, and a trace has none; do it outside";

it('refuses what depends on values', () => {
  const names = table.filter(({ name }) => refused.test(name)).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(0);
  for (const { name, f, shapes, domain } of table.filter((entry) => refused.test(entry.name))) {
    const inputs = shapes[0].map((shape) =>
      tensor(
        spread(
          shape.reduce((a, b) => a * b, 1),
          domain,
        ),
        { dtype: 'float64' },
      )
        .reshape(shape)
        .requiresGrad_(),
    );
    const compiled = compile((...xs: Tensor[]) => listOf(f(...xs)));
    expect({ name, thrown: messageOf(() => compiled(...inputs)) }).toEqual({
      name,
      thrown: `compile: ${reason}`,
    });
  }
});

const messageOf = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
};

const traceable = table.filter(({ name }) => !refused.test(name));
it.each(traceable.map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
  const compiled = compile((...inputs: Tensor[]) => listOf(entry.f(...inputs)));
  for (const shapes of entry.shapes) {
    const inputs = shapes.map((shape, i) => {
      const n = shape.reduce((a, b) => a * b, 1);
      const values = spread(n, entry.domains?.[i] ?? entry.domain, i, entry.kinks);
      return tensor(values, { dtype: 'float64' }).reshape(shape).requiresGrad_();
    });
    // The second call replays what the first one traced.
    for (let round = 0; round < 2; round++) {
      const plain = listOf(entry.f(...inputs));
      const outs = compiled(...inputs);
      expectSameBits(outs, plain);
      const gradOutputs = plain.map((out) =>
        tensor(spread(out.numel), { dtype: 'float64' }).reshape(out.shape),
      );
      const options = { gradOutputs, allowUnused: true };
      const twice = (ys: readonly Tensor[]): (Tensor | null)[][] => {
        const given = { ...options, retainGraph: true, createGraph: true };
        const grads = autograd.grad(ys, inputs, given);
        const sums = grads.flatMap((g) => (g?.requiresGrad ? [g.mul(g).sum()] : []));
        const seconds =
          sums.length === 0
            ? []
            : autograd.grad(sums, inputs, { allowUnused: true, retainGraph: true });
        return [grads, seconds];
      };
      const [[compiledGrads, compiledSeconds], [grads, seconds]] = [twice(outs), twice(plain)];
      expectSameBits(compiledGrads, grads);
      // The same terms, some of them added in another order.
      seconds.forEach((g, i) => {
        const [a, b] = [compiledSeconds[i], g].map((one) => one?.toTypedArray() ?? []);
        expectNear(a, b, 1e-13);
      });
      expectSameBits(autograd.grad(outs, inputs, options), autograd.grad(plain, inputs, options));
      noGrad(() => expectSameBits(compiled(...inputs), listOf(entry.f(...inputs))));
    }
  }
});

it('the gradient of what maskedFill fills in, and integer powers, read no values', () => {
  const x = tensor([1, 2, 3]).requiresGrad_();
  const value = tensor(5).requiresGrad_();
  const mask = tensor([true, false, true]);
  const fill = (a: Tensor, v: Tensor): Tensor => a.maskedFill(mask, v).square();
  const gradients = (f: typeof fill): (Tensor | null)[] =>
    autograd.grad([f(x, value).sum()], [x, value]);
  expectSameBits(gradients(compile(fill)), gradients(fill));
  const powers = tensor([3, -1], { dtype: 'int32' });
  expect(compile((a: Tensor) => a.pow(powers))(powers).toArray()).toEqual([27, -1]);
});
