// What a method or a getter is called on: a Proxy around the object (as Vue and MobX make them), nothing (`const { forward } = layer`),
// an object of the prototype alone or the prototype itself. Each works, or is refused in one sentence of ours.
import { inspect } from 'node:util';
import * as ostinato from 'ostinato';
import type { Tensor } from 'ostinato';
import { runIn } from '../support';
import { fault } from './fault';
import { folder, sampleOf, type Sample } from './samples';
import { internalOfTensor, isMade, publicCalls } from './surface';

runIn(folder);

/** What every operation reads: a question there would cost a small operation a tenth of its time. V8 answers for it. */
const readByOperations = new Set<PropertyKey>([...internalOfTensor(), 'dtype', 'numel', 'ndim', 'requiresGrad']); // prettier-ignore

type Keys = readonly (readonly [PropertyKey, PropertyDescriptor])[];
/** Properties of a class's objects that run code: methods, getters and setters, inherited ones too. */
function membersOf(object: object): Keys {
  const found = new Map<PropertyKey, PropertyDescriptor>();
  for (
    let above = Object.getPrototypeOf(object) as object | null;
    above !== null && above !== Object.prototype;
    above = Object.getPrototypeOf(above) as object | null
  ) {
    for (const key of Reflect.ownKeys(above)) {
      if (
        key === 'constructor' ||
        String(key) === 'Symbol(isMade)' ||
        key === inspect.custom ||
        (above.constructor.name === 'Tensor' && readByOperations.has(key)) ||
        found.has(key)
      )
        continue;
      found.set(key, Object.getOwnPropertyDescriptor(above, key)!);
    }
  }
  return [...found];
}

const receivers: Readonly<Record<string, (object: object) => unknown>> = {
  'a Proxy': (object) => new Proxy(object, {}),
  undefined: () => undefined,
  'an object of the prototype': (object) =>
    Object.create(Object.getPrototypeOf(object) as object) as object,
  'the prototype': (object) => Object.getPrototypeOf(object) as object,
};

/** What is wrong with what `call` throws, or gives for ever. */
function wrong(call: () => unknown): string | null {
  try {
    const given = call();
    if (given instanceof Promise) given.catch(() => undefined);
    return null;
  } catch (error) {
    return fault(error);
  }
}

const calls = publicCalls().filter((call) => isMade(call) && sampleOf(call.name) !== null);

/** An object of every class, by the class, with a sample of each method. */
const objects = new Map<unknown, { name: string; make: () => object; samples: Map<PropertyKey, string> }>(); // prettier-ignore
const construct = (name: string): object => {
  let Class: unknown = ostinato;
  for (const part of name.split('.')) Class = (Class as Record<string, unknown>)[part];
  const { args, options } = sampleOf(name)!;
  return new (Class as new (...all: unknown[]) => object)(...args, ...(options ? [options] : []));
};
for (const { name, kind } of calls) {
  const isMethod = kind === 'method';
  if (!isMethod && kind !== 'constructor') continue;
  const make = isMethod ? () => sampleOf(name)!.on! : () => construct(name);
  const { constructor } = make();
  const entry = objects.get(constructor) ?? { name: constructor.name, make, samples: new Map() };
  objects.set(constructor, entry);
  if (isMethod) entry.samples.set(name.slice(name.lastIndexOf('.') + 1), name);
}

it('knows the classes', () => {
  expect(objects.size).toBeGreaterThan(150);
});

it.each([...objects.values()].map((entry) => [entry.name, entry] as const))('%s', (_, entry) => {
  const found: string[] = [];
  for (const [what, receiver] of Object.entries(receivers)) {
    for (const [key, property] of membersOf(entry.make())) {
      const of = (sample: Sample | null): unknown => receiver(sample?.on ?? entry.make());
      const note = (kind: string, call: () => unknown): void => {
        const said = wrong(call);
        if (said !== null) found.push(`${String(key)} (${kind}) of ${what}: ${said}`);
      };

      const { get, set, value } = property as {
        get?: () => unknown;
        set?: (given: unknown) => void;
        value: unknown;
      };
      // Nothing has no properties, which is JavaScript's to say.
      const isThere = receiver({}) !== undefined;
      if (isThere && get !== undefined) note('read', () => Reflect.apply(get, of(null), []));
      if (isThere && set !== undefined) note('assigned', () => Reflect.apply(set, of(null), [1]));
      if (typeof value !== 'function') continue;
      const sample = entry.samples.has(key) ? sampleOf(entry.samples.get(key)!) : null;
      const args = [...(sample?.args ?? []), ...(sample?.options ? [sample.options] : [])];
      note('called', () => Reflect.apply(value as () => unknown, of(sample), args) as unknown);
    }
  }
  ostinato.autograd.setDetectAnomaly(false);
  expect(found).toEqual([]);
});

describe('the sentence', () => {
  const { nn, ones, tensor } = ostinato;
  const layer = new nn.Linear(2, 3);
  const x = ones([2]);

  it('for a Proxy', () => {
    const remedy = 'which has none of its private fields; call it on the object itself (markRaw and toRaw of Vue, observable.ref of MobX)'; // prettier-ignore
    expect(() => new Proxy(layer, {}).parameters()).toThrow(
      `parameters: called on a Proxy of a Linear, ${remedy}`,
    );
    expect(() => new Proxy(x, {}).shape).toThrow(`shape: called on a Proxy of a Tensor, ${remedy}`);
    expect(() => new Proxy(x, {}).add(1)).toThrow(
      'add: a must be a Tensor, got a Proxy of a Tensor',
    );
    expect(inspect(new Proxy(x, {}))).toBe('[a Proxy of a Tensor]');
  });

  it('for nothing', () => {
    /* eslint-disable @typescript-eslint/unbound-method -- what is tested */
    const { parameters } = layer;
    const { add, item } = tensor(1);
    const { step } = new ostinato.optim.SGD(layer.parameters(), { lr: 1 });
    /* eslint-enable @typescript-eslint/unbound-method */
    const rule = 'a method that is taken out of its object loses it: write';
    expect(() => parameters()).toThrow(
      `parameters: called on undefined; ${rule} object.parameters(…)`,
    );
    expect(() => step()).toThrow(`step: called on undefined; ${rule} object.step(…)`);
    expect(() => item()).toThrow(`item: called on undefined; ${rule} object.item(…)`);
    expect(() => add(1)).toThrow('add: a must be a Tensor, got undefined');
  });

  it('for a layer’s forward', () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- what is tested
    const { forward } = layer;
    expect(forward.name).toBe('forward');
    expect(forward).toHaveLength(1);
    expect(() => forward(x)).toThrow(
      'forward: called on undefined; a method that is taken out of its object loses it: write object.forward(…)',
    );
    expect(() => new Proxy(new nn.LSTMCell(2, 3), {}).forward(x)).toThrow(
      /^forward: called on a Proxy of a LSTMCell, which has none of its private fields; .*$/,
    );
  });

  it('for a sampler and a dataset', () => {
    const { data } = ostinato;
    const sampler = Object.create(data.RandomSampler.prototype) as Iterable<number>;
    expect(() => [...sampler]).toThrow(
      'iterator: called on a RandomSampler that no constructor has made; make one with new',
    );
    const dataset = Object.create(data.TensorDataset.prototype) as ostinato.data.Dataset;
    expect(() => dataset.get(0)).toThrow(
      'get: called on a TensorDataset that no constructor has made; make one with new',
    );
    // A class of the user's without fields of its own is made.
    class Squares extends data.Dataset<number> {
      override get length(): number {
        return 3;
      }
      override get(i: number): number {
        return i * i;
      }
    }
    expect([...new Squares()]).toEqual([0, 1, 4]);
    class Broken extends Squares {
      override get(): number {
        return (undefined as unknown as Tensor).numel;
      }
    }
    expect(() => [...new Broken()]).toThrow(
      /^Cannot read properties of undefined \(reading 'numel'\)$/,
    );
    expect(() => new data.ConcatDataset([new Broken()]).get(0)).toThrow(
      /^Cannot read properties of undefined \(reading 'numel'\)$/,
    );
  });

  it('for an object of the prototype', () => {
    const made = Object.create(nn.LSTM.prototype as object) as InstanceType<typeof nn.LSTM>;
    expect(() => made.buffers()).toThrow(
      'buffers: called on a LSTM that no constructor has made; make one with new',
    );
  });

  it('leaves errors of the user’s own code alone', () => {
    class Net extends nn.Module {
      override forward(): unknown {
        return (undefined as unknown as Tensor).shape;
      }
    }
    expect(() => new nn.Sequential(new Net() as never).forward(x)).toThrow(
      /^Cannot read properties of undefined \(reading 'shape'\)$/,
    );
  });
});
