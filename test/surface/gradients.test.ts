// Whatever public call gives results with a graph, its gradient can itself be differentiated (createGraph), and is then the
// same gradient: found from the exports, so that no fused function is left out.
import * as ostinato from 'ostinato';
import { autograd, type Tensor } from 'ostinato';
import { relativeError, runIn } from '../support';
import { folder, makeCall, sampleOf, type Sample } from './samples';
import { publicCalls, type PublicCall } from './surface';
import { isFloat, tensorsIn } from './tensors';

runIn(folder);

/** The results of a call whose arguments are leaves, and these; null for one that refuses leaves or has no graph. */
function recorded(call: PublicCall, sample: Sample): [outs: Tensor[], leaves: Tensor[]] | null {
  const leaves = tensorsIn([sample.on, sample.args, sample.options]).filter(isFloat);
  for (const one of leaves) if (one.isLeaf) one.requiresGrad_();
  let result: unknown;
  try {
    result = makeCall(call, sample);
  } catch {
    return null;
  }
  const given = new Set(leaves);
  const outs = tensorsIn(result).filter((y) => y.requiresGrad && !given.has(y));
  return outs.length === 0 ? null : [outs, leaves.filter((one) => one.requiresGrad)];
}

const weights = (shape: readonly number[], dtype: ostinato.DType): Tensor =>
  ostinato.arange(shape.reduce((a, b) => a * b, 1)).to(dtype).sin().reshape(shape); // prettier-ignore

const sums = (ys: readonly Tensor[]): Tensor =>
  ys.map((y) => y.mul(weights(y.shape, y.dtype)).sum().to('float64')).reduce((a, b) => a.add(b));

const calls = publicCalls().filter(({ name }) => sampleOf(name) !== null);
const differentiable = calls.filter((call) => {
  ostinato.manualSeed(1);
  return recorded(call, sampleOf(call.name)!) !== null;
});

// As in PyTorch.
const noSecond = new Error(
  'ctcLoss: has no second derivatives; differentiate it once, without createGraph',
);
const onlyOnce = new Set(['ctcLoss', 'nn.functional.ctcLoss', 'nn.CTCLoss.forward']);

it('finds the layers, the attention, the losses and the operations', () => {
  const names = differentiable.map(({ name }) => name);
  const some = ['nn.LSTM.forward', 'nn.GRUCell.forward', 'nn.Recurrent.forward', 'nn.functional.layerNorm'];
  const more = ['nn.functional.scaledDotProductAttention', 'nn.functional.crossEntropy', 'Tensor.tanh'];
  for (const name of [...some, ...more]) expect(names).toContain(name);
  expect(names.length).toBeGreaterThan(300);
}); // prettier-ignore

it.each(differentiable.map((call) => [call.name, call] as const))('%s', (name, call) => {
  ostinato.manualSeed(1);
  const [outs, leaves] = recorded(call, sampleOf(name)!)!;
  // A result that is a leaf itself has nothing to be differentiated by.
  if (leaves.length === 0) return;
  const loss = sums(outs);
  const options = { retainGraph: true, allowUnused: true };
  const fused = autograd.grad(loss, leaves, options);
  const primitive = autograd.grad(loss, leaves, { ...options, createGraph: true });
  const differentiateAgain = (): void => {
    const again = primitive.filter((g) => g !== null && g.requiresGrad) as Tensor[];
    if (again.length > 0) autograd.grad(sums(again), leaves, { allowUnused: true });
  };
  for (const [i, one] of fused.entries()) {
    const [a, b] = [one?.toTypedArray() ?? [], primitive[i]?.toTypedArray() ?? []];
    expect(b.length).toBe(a.length);
    expect(relativeError(b, a)).toBeLessThanOrEqual(1e-4);
  }
  if (onlyOnce.has(name)) expect(differentiateAgain).toThrow(noSecond);
  else differentiateAgain();
});
