// deepcopy and structuredClone over everything that the package makes: each module whose methods the table calls, and each class.
import { deepcopy, getRngState, manualSeed, nn, noGrad, optim, Tensor } from 'ostinato';
import { fault } from './fault';
import { cloneRefusal, runIn } from '../support';
import { folder, makeCall, sampleOf } from './samples';
import { isMade, publicCalls } from './surface';
import { isFloat, tensorsIn } from './tensors';

runIn(folder);

const all = publicCalls().filter(isMade);
const valuesOf = (result: unknown): unknown[] => tensorsIn(result).map((x) => [x.dtype, x.shape, [...x.toTypedArray()]]); // prettier-ignore
const stateOf = (module: nn.Module): unknown[] =>
  [...module.stateDict()].map(([name, x]) => [name, x.dtype, x.toArray()]);

describe('modules', () => {
  const forwards = all.filter(
    ({ name, kind }) =>
      kind === 'method' && name.endsWith('.forward') && sampleOf(name)?.on instanceof nn.Module,
  );

  it('finds them', () => {
    expect(forwards.length).toBeGreaterThan(35);
  });

  it.each(forwards.map((call) => [call.name, call] as const))('%s', (name, call) => {
    manualSeed(1);
    const sample = sampleOf(name)!;
    const original = sample.on as nn.Module;
    const drawn = getRngState();
    const copy = deepcopy(original);
    expect(getRngState()).toEqual(drawn);
    expect(copy).not.toBe(original);
    expect(copy.constructor).toBe(original.constructor);
    expect(String(copy)).toBe(String(original));
    expect(Reflect.ownKeys(copy)).toEqual(Reflect.ownKeys(original));
    expect(stateOf(copy)).toEqual(stateOf(original));
    const mine = new Set(original.parameters().map(({ storage }) => storage));
    expect(copy.parameters().filter(({ storage }) => mine.has(storage))).toEqual([]);
    expect(copy.parameters().map((p) => p.requiresGrad)).toEqual(original.parameters().map((p) => p.requiresGrad)); // prettier-ignore

    const run = (on: nn.Module): unknown => {
      manualSeed(2);
      return makeCall(call, { ...sample, on });
    };
    const output = valuesOf(run(original));
    expect(valuesOf(run(copy))).toEqual(output);
    // Training either leaves the other.
    for (const [trained, left] of [[copy, original], [original, copy]] as const) {
      const kept = stateOf(left);
      if (trained.parameters().length > 0) {
        const optimizer = new optim.SGD(trained.parameters(), { lr: 0.1 });
        for (const y of tensorsIn(run(trained))) {
          if (isFloat(y) && y.requiresGrad) y.sum().backward({ retainGraph: true });
        }
        optimizer.step();
        expect(stateOf(trained)).not.toEqual(kept);
        expect(left.parameters().every((p) => trained === original || p.grad === null)).toBe(true);
      }
      expect(stateOf(left)).toEqual(kept);
      noGrad(() => trained.parameters().forEach((p) => p.zero_()));
      trained.eval();
      expect(left.training).toBe(trained === copy);
      expect(stateOf(left)).toEqual(kept);
    } // prettier-ignore
  });
});

describe('classes', () => {
  const objects = all.flatMap((call): [string, () => object][] => {
    if (call.kind !== 'constructor') return [];
    return [[call.name, (): object => makeCall(call, sampleOf(call.name)!) as object]];
  });
  /** Those that are not copied. */
  const refused: Readonly<Record<string, RegExp>> = {
    optimizer: /^deepcopy: value is an? \w+, which updates the parameters that it was made with; make one of the copy's parameters and load this one's stateDict\(\)$/,
    scheduler: /^deepcopy: value is an? \w+, which sets the rates of the optimizer that it was made with; make one for the copy's optimizer and load this one's stateDict\(\)$/,
    Sessions: /^deepcopy: value is a Sessions, whose sessions others hold; open new ones and restore snapshots$/,
    DataLoader: /^deepcopy: value is a DataLoader, whose options are private; make a new one of its dataset$/,
  }; // prettier-ignore
  const kindOf = (name: string): string =>
    /^optim\.(lrScheduler\.|swaUtils\.SWALR)/.test(name)
      ? 'scheduler'
      : /^optim\.(?!swaUtils\.)/.test(name)
        ? 'optimizer'
        : name.slice(name.lastIndexOf('.') + 1);

  it.each(objects)('new %s under deepcopy', (name, make) => {
    const value = make();
    const must = refused[kindOf(name)] as RegExp | undefined;
    if (must !== undefined) {
      expect(() => deepcopy(value)).toThrow(must);
      return;
    }
    const copy = deepcopy(value);
    expect(copy).not.toBe(value);
    expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(value));
    expect(Reflect.ownKeys(copy)).toEqual(Reflect.ownKeys(value));
  });

  it.each(objects)(
    'Object.create(%s.prototype) is copied or refused in our words',
    (_name, make) => {
      const value = Object.create(Object.getPrototypeOf(make()) as object | null) as object;
      let wrong: string | null = null;
      try {
        deepcopy(value);
      } catch (error) {
        wrong = fault(error);
      }
      expect(wrong).toBeNull();
    },
  );

  it('says of what no constructor made that it was not', () => {
    expect(() => deepcopy({ x: Object.create(Tensor.prototype as object) as object })).toThrow(
      'deepcopy: value.x was not made by the constructor of its class',
    );
    expect(() => deepcopy(Object.create(nn.LSTM.prototype as object) as object)).toThrow(
      'deepcopy: value was not made by the constructor of its class',
    );
  });

  const kinds = 'Tensor|Module|Generator|DataLoader|group of sessions|dataset|sampler|tokenizer|vocabulary|distribution'; // prettier-ignore
  const ofSymbol = cloneRefusal(Symbol('KIND')).replace(/[().]/g, '\\$&');
  const refusal = new RegExp(`^${ofSymbol.replace('KIND', `a (?:${kinds}): .+`)}$`);
  it.each(objects)('new %s under structuredClone', (name, make) => {
    const value = make();
    // A Progress has functions, which nothing clones.
    if (name === 'Progress') {
      expect(() => structuredClone(value)).toThrow(cloneRefusal(() => true));
      return;
    }
    expect(() => structuredClone(value)).toThrow(refusal);
  });

  it('covers tensors', () => {
    const calls = all.filter(({ name }) => /^(?:zeros|randperm|eye|tensor)$/.test(name));
    for (const call of calls) {
      const made = makeCall(call, sampleOf(call.name)!);
      expect(made).toBeInstanceOf(Tensor);
      expect(valuesOf(deepcopy(made))).toEqual(valuesOf(made));
    }
    expect(calls).toHaveLength(4);
  });
});
