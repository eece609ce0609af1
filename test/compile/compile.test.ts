import { compile, nn, randn, manualSeed, autograd, type Tensor } from 'ostinato';

const bits = (x: Tensor | null): unknown => x && Array.from(new Uint8Array(x.toTypedArray().slice().buffer));

it('lstm steps', () => {
  manualSeed(0);
  const cell = new nn.LSTMCell(5, 7);
  const w = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh] as const;
  const f = (x: Tensor, h: Tensor, c: Tensor): Tensor[] => {
    const outs: Tensor[] = [];
    for (const xt of x.unbind(0)) {
      [h, c] = nn.lstmStep(xt, [h, c], w);
      outs.push(h);
    }
    return [x.constructor && (outs[0]), h, c];
  };
  const g = compile(f);
  const x = randn([4, 3, 5]).requiresGrad_();
  const h = randn([3, 7]), c = randn([3, 7]);
  const a = f(x, h, c), b = g(x, h, c);
  for (const i of a.keys()) expect(bits(b[i])).toEqual(bits(a[i]));
  const params = [x, ...w] as Tensor[];
  const go = a.map((t) => randn(t.shape));
  const da = autograd.grad(a, params, { gradOutputs: go });
  const db = autograd.grad(b, params, { gradOutputs: go });
  for (const i of params.keys()) expect(bits(db[i])).toEqual(bits(da[i]));
  // another pattern
  const a2 = f(x, h, c), b2 = g(x, h, c);
  const da2 = autograd.grad([a2[1]], params, { gradOutputs: [go[1]] });
  const db2 = autograd.grad([b2[1]], params, { gradOutputs: [go[1]] });
  for (const i of params.keys()) expect(bits(db2[i])).toEqual(bits(da2[i]));
});
