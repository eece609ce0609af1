// What backward reads must be what forward read: every operand and every result of every public call with a graph is changed in
// place between the two. The gradient is then that of the values before, or refused; never another one, and never a read outside
// of memory, which changed indices would give.
import * as ostinato from 'ostinato';
import { autograd, compile, nn, noGrad, tensor, type Tensor } from 'ostinato';
import { inputsOf, listOf } from '../ops/gradients';
import { table } from '../ops/table';
import { layouts } from '../ops/values';
import { runIn } from '../support';
import { folder, makeCall, sampleOf } from './samples';
import { publicCalls, type PublicCall } from './surface';
import { isFloat, tensorsIn } from './tensors';

runIn(folder);

/** What a forward leaves: the leaves whose gradients are asked for, and all tensors that a user still has. */
interface Forward {
  readonly leaves: readonly Tensor[];
  readonly held: readonly Tensor[];
  readonly outs: readonly Tensor[];
}

const weights = ({ shape, dtype, numel }: Tensor): Tensor =>
  ostinato.arange(numel).to(dtype).sin().add(2).reshape(shape);
const loss = (outs: readonly Tensor[]): Tensor =>
  outs.map((y) => y.mul(weights(y)).sum().to('float64')).reduce((a, b) => a.add(b));

function change(x: Tensor, value: number): void {
  noGrad(() => {
    if (x.dtype === 'bool') x.copy_(x.logicalNot());
    else x.fill_(value);
  });
}

/** What is wrong when each tensor in turn is changed between forward and backward. */
function faults(forward: () => Forward | null): string[] {
  const gradients = (createGraph: boolean, changed?: number, value?: number): string | null => {
    ostinato.manualSeed(1);
    const made = forward();
    if (made === null) return null;
    const { leaves, held, outs } = made;
    const root = loss(outs);
    if (changed !== undefined) {
      const x = held[changed];
      // Elements that share one place cannot be changed in place.
      if (x.numel > 1 && x.strides.some((stride, d) => stride === 0 && x.shape[d] > 1)) return null;
      change(x, value!);
    }
    const found = autograd.grad(root, leaves, { allowUnused: true, createGraph });
    return JSON.stringify(found.map((g) => g && Array.from<number>(g.toTypedArray())));
  };
  const found: string[] = [];
  const held = forward()?.held ?? [];
  for (const createGraph of [false, true]) {
    const right = gradients(createGraph);
    for (const [i, { dtype }] of held.entries()) {
      const values = dtype === 'int32' ? [0, 1e8] : [7];
      for (const value of values) {
        try {
          const given = gradients(createGraph, i, value);
          if (given !== null && given !== right) found.push(`tensor ${i} is ${value}: ${given}`);
        } catch (error) {
          const { message } = error as Error;
          if (
            !/^backward: a tensor of shape .* was changed in place since/.test(message) &&
            // A view whose elements overlap cannot be changed at all.
            !/^fill_: several elements of the unfolded tensor/.test(message)
          ) {
            found.push(`tensor ${i} is ${value}: ${message}`);
          }
        }
      }
    }
  }
  return found;
}

/** The forward of a public call whose float arguments are leaves; null where it takes none, refuses them or has no graph. */
function forwardOf(call: PublicCall): Forward | null {
  const sample = sampleOf(call.name)!;
  const inputs = tensorsIn([sample.on, sample.args, sample.options]);
  const leaves = inputs.filter((x) => isFloat(x) && x.isLeaf);
  for (const one of leaves) one.requiresGrad_();
  let result: unknown;
  try {
    result = makeCall(call, sample);
  } catch {
    return null;
  }
  const outs = tensorsIn(result).filter((y) => y.requiresGrad && !leaves.includes(y));
  return outs.length === 0 || leaves.length === 0
    ? null
    : { leaves, held: [...new Set([...inputs, ...outs])], outs };
}

const recorded = publicCalls().filter(
  (call) => sampleOf(call.name) !== null && forwardOf(call) !== null,
);

it('finds the calls with a graph', () => {
  expect(recorded.length).toBeGreaterThan(300);
});

it.each(recorded.map((call) => [call.name, call] as const))('%s', (_, call) => {
  expect(faults(() => forwardOf(call))).toEqual([]);
});

/** What a trace refuses (test/compile/operations.test.ts). */
const readsValues = /^(maskedSelect|cumprod|cummax|cummin|mode$|scatterReduce am)/;

describe.each([false, true])('rows of the tables of operations, compiled: %p', (compiled) => {
  const rows = table.filter(({ name }) => !compiled || !readsValues.test(name));
  it.each(rows.map((entry) => [entry.name, entry] as const))('%s', (_, entry) => {
    const plain = (...xs: Tensor[]): Tensor[] => [...listOf(entry.f(...xs))];
    const f = compiled ? compile(plain) : plain;
    const found = faults(() => {
      const leaves = inputsOf(entry, entry.shapes[0], layouts[0]);
      const outs = f(...leaves);
      return { leaves, held: [...leaves, ...outs], outs };
    });
    expect(found).toEqual([]);
  });
});

const layers = { RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU, JANET: nn.JANET };
const forms = [{}, { bidirectional: true, numLayers: 2 }, { batchFirst: true }, { bias: false }];
const recurrent = Object.entries(layers).flatMap(([name, Layer]) =>
  forms.flatMap((form) =>
    [false, true].flatMap((packed) =>
      [3, 40].map((batch) => {
        const forward = (): Forward => {
          const layer = new Layer(3, 4, form);
          const x = ostinato.randn('batchFirst' in form ? [batch, 5, 3] : [5, batch, 3]);
          const leaves = [x.requiresGrad_(), ...layer.parameters()];
          if (!packed) {
            const outs = tensorsIn(layer.forward(x));
            return { leaves, held: [...leaves, ...outs], outs };
          }
          const lengths = tensor(Int32Array.from({ length: batch }, (_, i) => 1 + (i % 5)));
          const given = nn.utils.rnn.packPaddedSequence(x, lengths, {
            batchFirst: 'batchFirst' in form,
            enforceSorted: false,
          });
          const outs = tensorsIn(layer.forward(given)).filter((y) => y.requiresGrad);
          return { leaves, held: [...leaves, lengths, ...tensorsIn(given), ...outs], outs };
        };
        return [`${name} ${JSON.stringify({ ...form, packed, batch })}`, forward] as const;
      }),
    ),
  ),
);
it.each(recurrent)('%s', (_, forward) => {
  expect(faults(forward)).toEqual([]);
});
