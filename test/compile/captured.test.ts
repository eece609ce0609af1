// Every public call without gradients, compiled with its tensors taken from outside: the bits that it gives by itself, or a refusal in
// our words. Where nothing is recorded, an operation alone says which memory it reads.
import { compile, manualSeed, noGrad, type Tensor } from 'ostinato';
import { runIn } from '../support';
import { folder, makeCall, sampleOf } from '../surface/samples';
import { publicCalls } from '../surface/surface';
import { results } from '../surface/values';

runIn(folder);

const elsewhere = /^(io|cli|plot|data|generate|optim|autograd|progress|testing)\b/;
const calls = publicCalls().filter(
  ({ name, kind }) => kind !== 'constructor' && !elsewhere.test(name) && sampleOf(name) !== null,
);
const shown = (xs: readonly Tensor[]): unknown =>
  xs.map((x) => [x.dtype, x.shape, Array.from<number>(x.toTypedArray()).map(String)]);

test.each(calls.map((call) => [call.name, call] as const))('%s', (name, call) => {
  const run = (wrap: (f: () => Tensor[]) => () => Tensor[]): unknown => {
    manualSeed(1);
    const sample = sampleOf(name)!;
    try {
      return shown(noGrad(wrap(() => results(makeCall(call, sample)))));
    } catch (error) {
      return error;
    }
  };
  const compiled = run((f) => compile(f));
  if (compiled instanceof Error) expect(compiled.message).not.toMatch(/^internal:/);
  else expect(compiled).toEqual(run((f) => f));
});
