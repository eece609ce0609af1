// deepcopy against what PyTorch's and Python's does (torch 2.13, Python 3.13): tensors, modules, the values around them.
import {
  arange,
  compile,
  deepcopy,
  Generator,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  rand,
  randn,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';

describe('tensors', () => {
  it('keeps values, type, shape and strides, in memory of its own', () => {
    for (const x of [tensor([[1, 2], [3, 4]]).t(), arange(5), tensor(true), zeros([0, 3]), tensor([1.5], { dtype: 'float64' })]) {
      const copy = deepcopy(x);
      expect([copy.dtype, copy.shape, copy.strides, copy.toArray()]).toEqual([x.dtype, x.shape, x.strides, x.toArray()]);
      const before = x.toArray();
      copy.fill_(1);
      expect(x.toArray()).toEqual(before);
    }
  }); // prettier-ignore

  it('shares memory among the copies as among the originals', () => {
    const base = zeros([4]);
    const { view, same, whole } = deepcopy({ whole: base, view: base.narrow(0, 1, 2), same: base });
    expect(same).toBe(whole);
    view.fill_(3);
    expect(whole.toArray()).toEqual([0, 3, 3, 0]);
    expect(base.toArray()).toEqual([0, 0, 0, 0]);
  });

  it('copies the grad of a leaf, not that of a parameter', () => {
    const leaf = ones([2]).requiresGrad_();
    const parameter = new nn.Parameter(ones([2]));
    leaf.mul(parameter).sum().backward();
    const [a, b] = deepcopy([leaf, parameter] as const);
    expect(a.requiresGrad && b.requiresGrad).toBe(true);
    expect(a.grad!.toArray()).toEqual([1, 1]);
    expect(a.grad).not.toBe(leaf.grad);
    expect(b.grad).toBe(null);
    expect(b).toBeInstanceOf(nn.Parameter);
    a.grad!.fill_(9);
    expect(leaf.grad!.toArray()).toEqual([1, 1]);
  });

  it('leaves no trace of memory that threads share', () => {
    const shared = ones([2]).shareMemory_();
    const copy = deepcopy(shared);
    expect([copy.isShared(), copy.toArray()]).toEqual([false, [1, 1]]);
  });

  it('refuses what an operation made, with its place', () => {
    const h = ones([2]).requiresGrad_().mul(2);
    expect(() => deepcopy({ cache: [h] })).toThrow(
      'deepcopy: only tensors created explicitly by the user (graph leaves) support the deepcopy protocol, and value.cache[0] was made by an operation (MulBackward0); keep its detach()',
    );
    expect(deepcopy(h.detach()).toArray()).toEqual([2, 2]);
  });

  it('is refused in a compiled function', () => {
    const copied = compile((x: Tensor) => deepcopy(x));
    expect(() => copied(ones([2]))).toThrow(
      'compile: deepcopy cannot be traced: a trace has no values to copy; do it outside',
    );
  });
});

describe('values', () => {
  it('copies what JavaScript has, once each', () => {
    const shared = { n: 1 };
    const value = {
      list: [1, 'a', null, undefined, 5n, shared],
      holes: [1, , 3], // eslint-disable-line no-sparse-arrays -- what it is about
      map: new Map<unknown, unknown>([['k', shared], [shared, 2]]),
      set: new Set([shared]),
      date: new Date(5),
      regexp: /a+/gi,
      error: new RangeError('no'),
      boxed: Object(3) as unknown,
      floats: Float32Array.of(1, 2),
      bytes: Buffer.from('hi'),
      [Symbol.for('s')]: shared,
      frozen: Object.freeze({ shared }),
      bare: Object.create(null) as object,
      get twice() { return this.list.length * 2; },
      cycle: null as unknown,
      log: Math.max,
    }; // prettier-ignore
    value.cycle = value;
    const copy = deepcopy(value);
    expect(copy).toEqual(value);
    expect(copy.cycle).toBe(copy);
    expect(copy.log).toBe(value.log);
    const [, again] = [...copy.map.keys()] as [string, object];
    expect([copy.map.get('k'), [...copy.set][0], copy.frozen.shared, again, copy[Symbol.for('s') as never]].every((one) => one === copy.list[5])).toBe(true); // prettier-ignore
    expect(copy.list[5]).not.toBe(shared);
    expect(1 in copy.holes).toBe(false);
    expect(Object.isFrozen(copy.frozen)).toBe(true);
    expect(Object.getPrototypeOf(copy.bare)).toBe(null);
    expect([copy.error instanceof RangeError, copy.error.message]).toEqual([true, 'no']);
    copy.floats[0] = 9;
    copy.bytes[0] = 0;
    copy.date.setTime(0);
    copy.list.push(1);
    expect([value.floats[0], value.bytes[0], value.date.getTime(), value.twice]).toEqual([1, 104, 5, 12]); // prettier-ignore
    expect(copy.twice).toBe(14);
  });

  it('keeps views of one buffer together', () => {
    const buffer = new ArrayBuffer(8);
    const [bytes, data] = deepcopy([new Uint8Array(buffer, 4, 2), new DataView(buffer)] as const);
    bytes[0] = 7;
    expect([bytes.length, data.getUint8(4), new Uint8Array(buffer)[4]]).toEqual([2, 7, 0]);
  });

  it('copies a state dict and the state of an optimizer', () => {
    const model = new nn.Linear(2, 1);
    const best = deepcopy(model.stateDict());
    const kept = [...best].map(([name, x]) => [name, x.toArray()]);
    noGrad(() => model.weight.zero_());
    expect([...best].map(([name, x]) => [name, x.toArray()])).toEqual(kept);
    expect(best.constructor).toBe(model.stateDict().constructor);
    model.loadStateDict(best);
    expect(model.weight.toArray()).toEqual(best.get('weight')!.toArray());
  });

  it('continues a generator where the original is', () => {
    const generator = new Generator().manualSeed(3);
    rand([5], { generator });
    const copy = deepcopy({ generator }).generator;
    const next = rand([4], { generator }).toArray();
    expect(rand([4], { generator: copy }).toArray()).toEqual(next);
    expect(copy.initialSeed()).toBe(3n);
  });

  it.each([
    ['a WeakMap', { cache: new WeakMap() }, 'value.cache is a WeakMap, which cannot be copied; keep it in no field, or define [deepcopy.custom] in the class of the field'],
    ['a Promise', [Promise.resolve()], 'value[0] is a Promise, which cannot be copied; keep it in no field, or define [deepcopy.custom] in the class of the field'],
    ['a Proxy', { 'a b': new Proxy({}, {}) }, 'value["a b"] is a Proxy, which cannot be copied; copy its target'],
    ['a bound function', { max: Math.max.bind(null, 1) }, 'value.max is a bound function, which would work on the original in the copy too; make it a method, or define [deepcopy.custom] in the class'],
  ])('refuses %s', (_, value: object, sentence) => {
    expect(() => deepcopy(value)).toThrow(new TypeError(`deepcopy: ${sentence}`));
  }); // prettier-ignore

  it('refuses what is nested too deep, before the stack ends', () => {
    let deep: unknown = null;
    for (let i = 0; i < 1e5; i++) deep = [deep];
    expect(() => deepcopy(deep)).toThrow(
      `deepcopy: value${'[0]'.repeat(18)}[… is nested more than 1000 deep`,
    );
  });
});

describe('modules', () => {
  it('copies fields of every kind, ties, modes, buffers and element types', () => {
    class Base extends nn.Module {
      layers = new nn.ModuleList([new nn.Linear(2, 2)]);
      options = { names: ['a'], at: new Date(0) };
    }
    class Net extends Base {
      tied = this.layers.at(0).weight;
      again = this.layers;
      running: Tensor;
      generator = new Generator().manualSeed(1);
      constructor(readonly width: number) {
        super();
        this.registerBuffer('running', zeros([2]));
        this.registerBuffer('hidden', zeros([2]), { persistent: false });
        this.running = zeros([2]);
        manualSeed(99); // A constructor that ran would be noticed.
      }
      forward(x: Tensor): Tensor {
        return this.layers.at(0).forward(x).add(this.running);
      }
    }
    const net = new Net(3).double().eval();
    net.layers.at(0).training = true;
    net.tied.requiresGrad = false;
    manualSeed(5);
    const copy = deepcopy(net);
    const draw = rand([1]).item();
    manualSeed(5);
    expect(rand([1]).item()).toBe(draw);
    expect(copy).toBeInstanceOf(Net);
    expect([copy.width, copy.training, copy.layers.at(0).training]).toEqual([3, false, true]);
    expect(copy.tied).toBe(copy.layers.at(0).weight);
    expect(copy.again).toBe(copy.layers);
    expect([copy.tied.requiresGrad, copy.tied.dtype]).toEqual([false, 'float64']);
    expect([...copy.stateDict().keys()]).toEqual([...net.stateDict().keys()]);
    expect(copy.namedBuffers().map(([name]) => name)).toEqual(['running', 'hidden']);
    copy.options.names.push('b');
    copy.running.fill_(1);
    expect([net.options.names, net.running.toArray()]).toEqual([['a'], [0, 0]]);
    copy.layers.append(new nn.Linear(1, 1));
    expect(net.layers.length).toBe(1);
  });

  it('copies containers by name and functions within', () => {
    const net = new nn.ModuleDict<nn.Module>({
      chain: new nn.Sequential(new nn.Linear(2, 3), (x) => x.relu()),
      list: new nn.ModuleList([new nn.Tanh()]),
    });
    const copy = deepcopy(net);
    net.delete('list');
    expect([...copy.keys()]).toEqual(['chain', 'list']);
    expect([...deepcopy(new nn.ParameterList([zeros([2])]))][0].shape).toEqual([2]);
  });

  it('gives the copy hooks of its own', () => {
    const seen: nn.Module[] = [];
    const layer = new nn.Linear(2, 2);
    const remove = layer.registerForwardHook((module) => void seen.push(module));
    layer.registerForwardPreHook((_, [x]) => [(x as Tensor).mul(0)]);
    const copy = deepcopy(layer);
    remove();
    const x = ones([1, 2]);
    expect(copy.forward(x).toArray()).toEqual([layer.bias.toArray()]);
    layer.forward(x);
    expect(seen).toEqual([copy]);
    noGrad(() => copy.bias.fill_(7));
    expect(copy.forward(x).toArray()).toEqual([[7, 7]]);
    expect(layer.forward(x).toArray()).not.toEqual([[7, 7]]);
  });

  it('replays nn.Recurrent with its own cell', () => {
    const rnn = new nn.Recurrent(new nn.GRUCell(2, 3), { batchFirst: true });
    const x = randn([2, 4, 2]);
    rnn.forward(x);
    const copy = deepcopy(rnn);
    expect(copy.forward(x)[0].toArray()).toEqual(rnn.forward(x)[0].toArray());
    const before = rnn.forward(x)[0].toArray();
    noGrad(() => copy.parameters().forEach((p) => p.zero_()));
    expect(copy.forward(x)[0].abs().max().item()).toBe(0);
    expect(rnn.forward(x)[0].toArray()).toEqual(before);
  });

  it('survives changed sizes, which its own call refuses', () => {
    const rnn = new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true });
    Object.assign(rnn, { numLayers: 1 });
    const copy = deepcopy(rnn);
    expect(() => copy.forward(randn([4, 2, 2]))).toThrow(
      'LSTM.forward: numLayers is 1, but this layer was built with 2; make a new layer for other sizes',
    );
    Object.assign(copy, { numLayers: 2 });
    expect(copy.forward(randn([4, 2, 2]))[0].shape).toEqual([4, 2, 6]);
  });

  it('refuses functions that work on the original', () => {
    class Arrow extends nn.Module {
      layer = new nn.Linear(2, 2);
      forward = (x: Tensor): Tensor => this.layer.forward(x);
    }
    class Compiled extends nn.Module {
      layer = new nn.Linear(2, 2);
      step = compile((x: Tensor): Tensor => this.layer.forward(x));
    }
    const why = "is an arrow function with 'this', which would work on the original in the copy too; make it a method, or define [deepcopy.custom] in the class"; // prettier-ignore
    expect(() => deepcopy(new Arrow())).toThrow(new TypeError(`deepcopy: value.forward ${why}`));
    expect(() => deepcopy([new Compiled()])).toThrow(new TypeError(`deepcopy: value[0].step ${why}`)); // prettier-ignore
    const hooked = new Arrow();
    hooked.registerForwardHook(() => undefined);
    expect(() => deepcopy(hooked)).toThrow(new TypeError(`deepcopy: value.forward ${why}`));
    // Where the class makes a new object, that has functions of its own.
    class Own extends Arrow {
      [deepcopy.custom](): Own {
        return new Own();
      }
    }
    const own = new Own();
    own.registerForwardHook((_, __, y) => (y as Tensor).mul(2));
    const copy = deepcopy(own);
    noGrad(() => own.layer.weight.zero_() && own.layer.bias.zero_());
    expect(
      copy
        .forward(ones([1, 2]))
        .abs()
        .sum()
        .item(),
    ).toBeGreaterThan(0);
    expect(own.forward(ones([1, 2])).toArray()).toEqual([[0, 0]]);
  });
});

describe('classes with private members', () => {
  class Teacher extends nn.Module {
    readonly #factor: number;
    #student: nn.Module | null = null;
    layer = new nn.Linear(2, 2);
    constructor(factor: number) {
      super();
      this.#factor = factor;
    }
    teach(student: nn.Module): this {
      this.#student = student;
      return this;
    }
    get student(): nn.Module | null {
      return this.#student;
    }
    [deepcopy.custom](copy: <T>(value: T) => T): Teacher {
      return new Teacher(this.#factor).teach(copy(this.#student!));
    }
    forward(x: Tensor): Tensor {
      return this.layer.forward(x).mul(this.#factor);
    }
  }

  it('copies them as the class says, and all other fields by itself', () => {
    const student = new nn.Linear(2, 2);
    const teacher = new Teacher(3).teach(student).eval();
    const [copy, other] = deepcopy([teacher, student] as const);
    const x = ones([1, 2]);
    expect(copy.forward(x).toArray()).toEqual(teacher.forward(x).toArray());
    expect(copy.training).toBe(false);
    expect(copy.student).toBe(other);
    expect(other).not.toBe(student);
    expect(copy.layer.weight.storage).not.toBe(teacher.layer.weight.storage);
  });

  it('refuses a class that does not say so, and one that says too little', () => {
    class Net extends nn.Module {
      readonly #scale = 2;
      forward(x: Tensor): Tensor {
        return x.mul(this.#scale);
      }
    }
    class Above extends Net {}
    const why = 'whose #private members (of Net) no other code can copy; define [deepcopy.custom]() { return new Above(…); } in class Above'; // prettier-ignore
    expect(() => deepcopy({ net: new Above() })).toThrow(
      new TypeError(`deepcopy: value.net is an Above, ${why}`),
    );
    class Below extends Teacher {
      name = 'below';
    }
    expect(() => deepcopy(new Below(1).teach(new nn.Tanh()))).toThrow(
      new TypeError('deepcopy: value must be copied to a Below by its [deepcopy.custom], got a Teacher'),
    ); // prettier-ignore
  });

  it('refuses a circle through a private member, and shares what returns itself', () => {
    const circle = new Teacher(1);
    expect(() => deepcopy(circle.teach(circle))).toThrow(
      new TypeError('deepcopy: value is needed for its own copy: its [deepcopy.custom] copies what refers back to it; copy what holds both'),
    ); // prettier-ignore
    class Table {
      readonly #rows = [1];
      get rows(): number[] {
        return this.#rows;
      }
      [deepcopy.custom](): this {
        return this;
      }
    }
    const table = new Table();
    expect(deepcopy([table])[0]).toBe(table);
  });
});

it('averages weights: an exponential moving average that is never trained', () => {
  manualSeed(0);
  const model = new nn.Linear(2, 1);
  const average = deepcopy(model).requiresGrad_(false);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const expected = model.weight.toArray<number[][]>()[0];
  for (let step = 0; step < 3; step++) {
    optimizer.zeroGrad();
    model
      .forward(ones([4, 2]))
      .square()
      .mean()
      .backward();
    optimizer.step();
    const own = model.parameters();
    noGrad(() => average.parameters().forEach((p, i) => p.mul_(0.9).add_(own[i].mul(0.1))));
    const now = model.weight.toArray<number[][]>()[0];
    now.forEach((w, i) => (expected[i] = Math.fround(expected[i] * 0.9) + w * 0.1));
  }
  average.weight.toArray<number[][]>()[0].forEach((w, i) => expect(w).toBeCloseTo(expected[i], 5));
  expect(average.weight.grad).toBe(null);
});
