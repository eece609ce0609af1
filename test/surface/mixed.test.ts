// Each gradient has the element type and the shape of what it is the gradient of, at every node: each operand of every public call
// with a graph is of the other float type than the rest, or has dimensions of size 1 or none that the call stretches. What is not
// refused has the gradients that operands of one type and shape have.
import * as ostinato from 'ostinato';
import { autograd, Tensor } from 'ostinato';
import { fault } from './fault';
import { runIn } from '../support';
import { folder, makeCall, sampleOf, type Sample } from './samples';
import { publicCalls, type PublicCall } from './surface';
import { isFloat } from './tensors';
import { replaced, results } from './values';

runIn(folder);

/** The leaf of the i-th float operand, and what the call is given of it: never the leaf itself. */
type Form = (x: Tensor, i: number) => readonly [leaf: Tensor, given: (leaf: Tensor) => Tensor];

/** The gradients of a call's float operands and the shapes of its results, null without a graph, or its error. */
function gradients(
  call: PublicCall,
  form: Form,
): { grads: Tensor[]; shapes: string } | Error | null {
  ostinato.manualSeed(1);
  const { on, args, options } = sampleOf(call.name)!;
  const leaves: Tensor[] = [];
  const known = new Map<Tensor, Tensor>();
  const by = (x: Tensor): Tensor => {
    if (!isFloat(x)) return x;
    const old = known.get(x);
    if (old !== undefined) return old;
    const [leaf, given] = form(x.detach(), leaves.length);
    leaves.push(leaf.requiresGrad_());
    const y = given(leaf.mul(1));
    known.set(x, y);
    return y;
  };
  const sample = {
    on: on instanceof Tensor ? by(on) : on,
    args: replaced(args, by),
    options: replaced(options, by),
  } as Sample;
  try {
    ostinato.manualSeed(1);
    const outs = results(makeCall(call, sample)).filter((y) => y.requiresGrad);
    if (outs.length === 0) return null;
    const sums = outs.map((y) => y.to('float64').mul(ostinato.arange(y.numel).to('float64').add(1).sin().reshape(y.shape)).sum()); // prettier-ignore
    const found = autograd.grad(sums.reduce((a, b) => a.add(b)), leaves, { allowUnused: true }); // prettier-ignore
    const grads = found.map((g, i) => {
      if (g === null) return ostinato.zerosLike(leaves[i]);
      if (g.dtype !== leaves[i].dtype || g.shape.join() !== leaves[i].shape.join())
        throw new Error(`internal: ${g.dtype}[${g.shape.join()}] for ${leaves[i].dtype}[${leaves[i].shape.join()}]`); // prettier-ignore
      return g;
    });
    return { grads, shapes: outs.map((y) => y.shape.join()).join(' ') };
  } catch (error) {
    return error as Error;
  }
}

const asIs: Form = (x) => [x.clone(), (leaf) => leaf];
const wide: Form = (x) => [x.to('float64').clone(), (leaf) => leaf];

const calls = publicCalls().filter((call) => {
  if (sampleOf(call.name) === null) return false;
  const found = gradients(call, asIs);
  return found !== null && !(found instanceof Error);
});

it('finds the operations and the layers', () => {
  expect(calls.length).toBeGreaterThan(400);
});

/** The largest distance of two lists of gradients, relative to the largest element of each, or to 0.01 where that is less: some are 0. */
function apart(a: readonly Tensor[], b: readonly Tensor[]): number {
  const largest = (g: Tensor): number => (g.numel === 0 ? 0 : g.to('float64').abs().max().item());
  const distances = a.map((g, i) => {
    const right = b[i].to('float64');
    return largest(g.to('float64').sub(right)) / Math.max(largest(right), 0.01);
  });
  return Math.max(...distances);
}

/** What counts with the sizes that an operand itself has: the batch or the classes that a sum is divided by, lengths, norms. */
const bySize = new Set([
  'nn.functional.cosineEmbeddingLoss',
  'nn.CosineEmbeddingLoss.forward',
  'nn.functional.klDiv',
  'nn.KLDivLoss.forward',
  'nn.functional.multilabelSoftMarginLoss',
  'nn.MultiLabelSoftMarginLoss.forward',
  'nn.utils.rnn.padSequence',
]);

it.each(calls.map((call) => [call.name, call] as const))('%s', (_, call) => {
  const found: string[] = [];
  const compare = (what: string, form: Form, reference: Form): void => {
    const got = gradients(call, form);
    if (got === null) return;
    if (got instanceof Error) {
      const wrong = fault(got);
      if (wrong !== null) found.push(`${what}: ${wrong}`);
      return;
    }
    const right = gradients(call, reference);
    if (right === null || right instanceof Error || right.shapes !== got.shapes) return;
    if (!(apart(got.grads, right.grads) <= 1e-4)) found.push(`${what}: ${got.grads.map(String).join()} in place of ${right.grads.map(String).join()}`); // prettier-ignore
  };
  const operands = (gradients(call, asIs) as { grads: Tensor[] }).grads;
  for (const [k, operand] of operands.entries()) {
    const other = operand.dtype === 'float32' ? 'float64' : 'float32';
    compare(`operand ${k} is ${other}`, (x, i) => (i === k ? [x.to(other).clone(), (leaf) => leaf] : asIs(x, i)), wide); // prettier-ignore
    // What a single operand is made to by its own sizes is another call.
    if (operands.length < 2 || bySize.has(call.name)) continue;
    const stretched = (make: (x: Tensor) => Tensor): [Form, Form] => [
      (x, i) => (i === k ? [make(x).clone(), (leaf) => leaf] : asIs(x, i)),
      (x, i) => (i === k ? [make(x).clone(), (leaf) => leaf.expand(x.shape)] : asIs(x, i)),
    ];
    for (const d of operand.shape.keys()) {
      if (operand.shape[d] < 2) continue;
      compare(`operand ${k} has size 1 at ${d}`, ...stretched((x) => x.narrow(d, 0, 1)));
    }
    if (operand.numel > 1)
      compare(`operand ${k} has no dimensions`, ...stretched((x) => x.reshape([-1]).select(0, 0)));
  }
  expect(found).toEqual([]);
});
