// Tensors between threads: what is shared is the same memory on both sides, what is not is copied once, and what structured
// clone alone would make of a tensor is refused.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { compile, data, io, manualSeed, nn, ones, optim, randn, tensor, zeros, type Tensor } from 'ostinato'; // prettier-ignore
import { cloneRefusal, flat } from '../support';

const root = join(__dirname, '..', '..');
const travel = <T>(value: T): T => io.fromMessage<T>(structuredClone(io.toMessage(value)));

function inWorker(message: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(root, 'scripts', 'run.cjs'), {
      argv: ['--source', join(__dirname, 'threads', 'program.ts')],
      workerData: message,
    });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

const sentences = {
  tensor: cloneRefusal(
    Symbol('a Tensor: send io.toMessage(x) and call io.fromMessage on the other side; x.clone() copies it'), // prettier-ignore
  ),
  module: cloneRefusal(
    Symbol('a Module: deepcopy(module) copies it; for another thread send io.toMessage(module.stateDict())'), // prettier-ignore
  ),
  dataset: cloneRefusal(
    Symbol('a dataset: deepcopy(dataset) copies it; for another thread send what it is made of, tensors as io.toMessage(x)'), // prettier-ignore
  ),
};

test('V8 says the sentences', () => {
  if (!('Bun' in globalThis))
    expect(sentences.tensor).toMatch(/^Symbol\(a Tensor: .* copies it\) could not be cloned\.$/);
});

test.each<[string, () => unknown, keyof typeof sentences]>([
  ['a tensor', () => ones([2]), 'tensor'],
  ['a large one', () => ones([5000]), 'tensor'],
  ['a parameter', () => new nn.Parameter(ones([2])), 'tensor'],
  ['a model', () => new nn.Linear(2, 1), 'module'],
  ['a module without parameters', () => new nn.ReLU(), 'module'],
  ['a state dict', () => new nn.Linear(2, 1).stateDict(), 'tensor'],
  ['a packed sequence', () => nn.utils.rnn.packSequence([ones([2])]), 'tensor'],
  ['an optimizer', () => new optim.SGD([new nn.Parameter(ones([2]))], { lr: 1 }), 'tensor'],
  ['a dataset', () => new data.TensorDataset(ones([2])), 'dataset'],
])('%s by itself is not cloned', (_, make, kind) => {
  const sentence = sentences[kind];
  expect(() => structuredClone(make())).toThrow(sentence);
  const { port1, port2 } = new MessageChannel();
  expect(() => port1.postMessage(make())).toThrow(sentence);
  port1.close();
  port2.close();
});

test.each(['float32', 'float64', 'int32', 'bool'] as const)(
  '%s: values, shape and type',
  (dtype) => {
    for (const x of [
      tensor(
        [
          [1, 0, 1],
          [0, 1, 1],
        ],
        { dtype },
      ),
      tensor(
        [
          [1, 0, 1],
          [0, 1, 1],
        ],
        { dtype },
      ).t(),
      zeros([2, 0, 3], { dtype }),
      tensor(1, { dtype }),
      tensor([1, 0, 1, 1], { dtype }).slice(0, 1, 4, 2),
    ]) {
      // prettier-ignore
      const received = travel(x);
      expect(received.equal(x)).toBe(true);
      expect(received.shape).toEqual(x.shape);
      expect(received.isShared()).toBe(true);
      expect(x.isShared()).toBe(false);
      if (x.numel > 0) received.fill_(0);
      expect(travel(x).equal(x)).toBe(true);
    }
  },
);

test('what is shared is one memory, views and transposes too', () => {
  const x = randn([3, 4]).shareMemory_();
  const parts = travel({ x, row: x.at(1), turned: x.t(), again: [x] });
  expect(parts.again[0]).toBe(parts.x);
  x.fill_(7);
  parts.row.fill_(5);
  expect(parts.turned.toArray()).toEqual([0, 1, 2, 3].map(() => [7, 5, 7]));
  expect(x.toArray()).toEqual([7, 5, 7].map((value) => [value, value, value, value]));
  expect(x.shareMemory_()).toBe(x);
});

test('a part of a tensor keeps its order in memory', () => {
  const part = randn([5, 2, 4]).transpose(0, 1).at(':', '1:3', '::2');
  expect(travel(part).strides).toEqual(part.clone().strides);
  expect(travel(part).strides).toEqual([2, 4, 1]);
});

test('a nested value comes back as it was, cycles too', () => {
  const weight = new nn.Parameter(ones([2]), { requiresGrad: false });
  const value = {
    list: [1, 'a', null, undefined, 2n, NaN, [true]],
    map: new Map<unknown, unknown>([[1, ones([1])], ['x', new Map()]]), // prettier-ignore
    bytes: Uint8Array.of(1, 2),
    date: new Date(5),
    leaf: ones([2], { requiresGrad: true }),
    weight,
    packed: nn.utils.rnn.packSequence([ones([1]), ones([3])], { enforceSorted: false }),
    own: null as unknown,
  };
  value.own = value;
  const back = travel(value);
  expect(back.list).toEqual(value.list);
  expect(back.bytes).toEqual(value.bytes);
  expect(back.date).toEqual(value.date);
  expect((back.map.get(1) as Tensor).toArray()).toEqual([1]);
  expect(back.leaf.requiresGrad).toBe(true);
  expect(back.weight).toBeInstanceOf(nn.Parameter);
  expect(back.weight.requiresGrad).toBe(false);
  expect(back.own).toBe(back);
  const [padded] = nn.utils.rnn.padPackedSequence(back.packed);
  expect(padded.toArray()).toEqual([[1, 1], [0, 1], [0, 1]]); // prettier-ignore
  expect(() => JSON.stringify(travel(new nn.Linear(1, 1).stateDict()))).toThrow(
    'JSON.stringify: a state dict is a Map of tensors, which JSON cannot hold; io.saveSafetensors(path, stateDict) writes it to a file',
  );
});

test.each<[string, () => unknown, string]>([
  [
    'a function',
    () => ({ f: [() => 1] }),
    'toMessage: value.f[0] must be tensors and plain values, got a function',
  ],
  [
    'a model',
    () => [new nn.GRU(1, 1)],
    'toMessage: value[0] must be tensors and plain values, got a GRU; send its stateDict(), and load that into one made on the other side',
  ],
  [
    'a history',
    () => ones([1], { requiresGrad: true }).mul(2),
    'toMessage: value was made by an operation (MulBackward0), whose history stays in this thread; send its detach()',
  ],
  [
    'its key',
    () => ({ $ostinato: 1 }),
    "toMessage: value has the key '$ostinato', which messages need; rename it",
  ],
])('%s is refused', (_, make, text) => {
  // prettier-ignore
  expect(() => io.toMessage(make())).toThrow(text);
});

test('what is no message is refused', () => {
  const good = io.toMessage(ones([2, 2])) as Record<string, unknown>;
  const broken: [Record<string, unknown>, string][] = [
    [{ $ostinato: 'other' }, "there is no kind 'other'"],
    [{ dtype: 'float16' }, "there is no element type 'float16'"],
    [{ buffer: new ArrayBuffer(64) }, 'a tensor has no SharedArrayBuffer'],
    [{ shape: [2, -1] }, 'a shape must hold integers of at least 0'],
    [{ strides: [1] }, 'a shape and its strides differ in length'],
    [{ strides: [2, 0.5] }, 'strides must hold integers of at least 0'],
    [{ offset: -1 }, 'an offset must be an integer of at least 0'],
    [{ offset: 1 }, 'a tensor reaches beyond its memory'],
    [{ strides: [1e9, 1] }, 'a tensor reaches beyond its memory'],
    [{ buffer: new SharedArrayBuffer(8) }, 'a tensor reaches beyond its memory'],
  ];
  for (const [change, text] of broken) {
    expect(() => io.fromMessage({ ...good, ...change })).toThrow(
      new RangeError(`fromMessage: this is no message of toMessage: ${text}`),
    );
  }
});

test('a message holds what structured clone copies, and nothing else', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const cases: [unknown, string][] = [
    [proxy, 'an object that cannot be read'],
    [new Set([1]), 'a Set'],
    [[tensor([1])], 'a Tensor'],
  ];
  for (const [value, what] of cases)
    expect(() => io.fromMessage(value)).toThrow(
      new RangeError(`fromMessage: this is no message of toMessage: it holds ${what}`),
    );
  const date = new Date(0);
  expect(io.fromMessage(date)).toBe(date);
});

test('a view and a result do not move to shared memory', () => {
  const x = ones([2, 2]);
  expect(() => x.at(0).shareMemory_()).toThrow('shareMemory_: this tensor is a view, whose memory is that of its base; share the base, or a clone() of the view'); // prettier-ignore
  expect(() => x.requiresGrad_().mul(2).shareMemory_()).toThrow('shareMemory_: an operation made this tensor, and its history does not leave the thread; share its detach()'); // prettier-ignore
  expect(() => compile((a: Tensor) => a.mul(2).shareMemory_())(ones([1]))).toThrow('compile: shareMemory_ cannot be traced: memory of a trace cannot be shared; do it outside'); // prettier-ignore
});

test('a shared model trains, compiles and is saved as another', () => {
  const make = (): nn.Sequential => (manualSeed(3), new nn.Sequential(new nn.Linear(3, 4), new nn.Linear(4, 1))); // prettier-ignore
  const [one, two] = [make(), make()];
  const optimizers = [one, two].map((model) => new optim.Adam(model.parameters(), { lr: 0.1 }));
  const steps = [one, two].map((model) => compile((x: Tensor) => model.forward(x).square().mean()));
  const x = randn([5, 3]);
  for (let step = 0; step < 4; step++) {
    if (step === 2) expect(two.shareMemory()).toBe(two);
    for (const i of [0, 1]) {
      optimizers[i].zeroGrad();
      steps[i](x).backward();
      optimizers[i].step();
    }
  }
  expect(two.parameters().every((p) => p.isShared())).toBe(true);
  const bits = (model: nn.Module): number[][] => model.parameters().map((p) => flat(p));
  expect(bits(two)).toEqual(bits(one));
});

test('a worker trains the weights that this thread has', async () => {
  const x = randn([2, 5, 3]);
  const y = randn([2, 5, 4]);
  const here = new nn.LSTM(3, 4);
  const there = new nn.LSTM(3, 4);
  there.loadStateDict(here.stateDict());
  there.shareMemory();
  const answer = inWorker(io.toMessage({ state: there.stateDict(), x, y }));
  const { out, shared } = io.fromMessage<{ out: Tensor; shared: boolean }>(await answer);
  const optimizer = new optim.Adam(here.parameters(), { lr: 0.01 });
  for (let step = 0; step < 5; step++) {
    optimizer.zeroGrad();
    nn.functional.mseLoss(here.forward(x)[0], y).backward();
    optimizer.step();
  }
  expect(shared).toBe(true);
  expect(out.equal(here.forward(x)[0])).toBe(true);
  here.namedParameters().forEach(([name, value]) => {
    expect(there.stateDict().get(name)!.equal(value)).toBe(true);
  });
}, 60_000);

test('assign takes over memory and type, and keeps parameters the same objects', () => {
  const model = new nn.Linear(2, 1);
  const { weight } = model;
  const state = new nn.Linear(2, 1).double().stateDict();
  model.loadStateDict(state, { assign: true });
  expect(model.weight).toBe(weight);
  expect(weight.dtype).toBe('float64');
  state.get('weight')!.fill_(3);
  expect(weight.toArray()).toEqual([[3, 3]]);
  expect(weight.requiresGrad).toBe(true);
});
