// Assigns hostile values to every field that objects of public classes have, and to what is in the arrays and objects that their getters and
// methods return, found at run time, and computes with the objects afterwards: prints how many assignments there were and what was neither refused in our sentence nor right. An end of this
// process is the worst of faults, which is why it is a process of its own.
import { add, autograd, Generator, nn, ones, randn, tensor, zeros, Tensor } from 'ostinato';
import { fault } from '../fault';

interface Kind {
  readonly make: () => object;
  /** What the object is for; the same texts from unchanged objects. */
  readonly use: (made: object) => string;
}

const show = (x: Tensor): string => JSON.stringify(x.toArray());

function useTensor(made: object): string {
  const x = made as Tensor;
  const flat = x.reshape(-1);
  const texts = [
    show(x),
    show(add(x, 1)),
    show(x.matmul(x.t())),
    show(x.sum(0)),
    show(x.t().clone()),
    show(flat.at('1:')),
    show(zeros(x.shape).add_(x)),
    String(x.item === undefined),
    `${x.shape.join()} ${x.strides.join()} ${x.dtype} ${x.numel} ${x.ndim} ${x.offset} ${x.isContiguous()}`,
  ];
  const leaf = x.detach().requiresGrad_();
  leaf.square().sum().backward();
  return [...texts, show(leaf.grad!)].join('\n');
}

const values = [
  [1, 2, 3],
  [4, 5, 6],
];
const kinds: Readonly<Record<string, Kind>> = {
  Tensor: { make: () => tensor(values), use: useTensor },
  'a view': {
    make: () =>
      tensor([...values, ...values])
        .at('1:3')
        .t(),
    use: useTensor,
  },
  'a result': {
    make: () => tensor(values, { requiresGrad: true }).mul(2),
    use: (x) => useTensor((x as Tensor).detach()),
  },
  'a graph': {
    make: () => tensor(values, { requiresGrad: true }).mul(2),
    use(made) {
      const y = made as Tensor;
      const options = { retainGraph: true };
      return `${y.gradFn!.name} ${show(autograd.grad(y.sum(0).square().sum(), y, options)[0]!)}`;
    },
  },
  Parameter: { make: () => new nn.Parameter(tensor(values)), use: useTensor },
  Generator: {
    make: () => new Generator().manualSeed(7),
    use: (generator) => show(randn([3], { generator: generator as Generator })),
  },
  PackedSequence: {
    make: () => nn.utils.rnn.packSequence([tensor([[1], [2], [3]]), tensor([[4], [5]])]),
    use(packed) {
      const [padded, lengths] = nn.utils.rnn.padPackedSequence(packed as nn.utils.rnn.PackedSequence); // prettier-ignore
      const cell = new nn.RNN(1, 2);
      cell.parameters().forEach((one) => one.data.fill_(0.5));
      const [out, last] = cell.forward(packed as nn.utils.rnn.PackedSequence);
      out.data.sum().add(last.sum()).backward();
      return `${show(padded)} ${String(lengths)} ${show(out.data)} ${show(cell.parameters()[0].grad!)}`;
    },
  },
};

/** The objects whose fields are written to, by where they are. */
function targets(name: string, made: object): [string, object][] {
  const own: [string, object][] = [[name, made]];
  if ('storage' in made) own.push([`${name}.storage`, made.storage as object]);
  return own;
}

/** Fields of its own, and those that its classes read by getters. */
function fieldsOf(target: object): string[] {
  const names = new Set(Object.getOwnPropertyNames(target));
  for (
    let at = Object.getPrototypeOf(target) as object | null;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (property.get !== undefined) names.add(name);
    }
  }
  return [...names];
}

// What may be assigned, as in PyTorch: another tensor's memory, a gradient, whether there is one; sequences without a step.
const assignable = new Set(['data', 'grad', 'requiresGrad', 'batch']);

const hostile: readonly unknown[] = [
  ...[5, -1, 1e6, 2 ** 53, 1.5, NaN, 0, '', 'float64', null, undefined, true],
  ...[[], [1e6, 1e6], {}, { address: 8, version: 0 }, () => 1],
];

const found: string[] = [];
let count = 0;
for (const [kind, { make, use }] of Object.entries(kinds)) {
  const right = use(make());
  const places = targets(kind, make()).map(([place]) => place);
  for (const [i, place] of places.entries()) {
    for (const field of fieldsOf(targets(kind, make())[i][1])) {
      if (assignable.has(field)) continue;
      for (const value of hostile) {
        count++;
        const made = make();
        const [, target] = targets(kind, made)[i];
        const what = `${place}.${field} = ${JSON.stringify(value) ?? String(value)}`;
        try {
          (target as Record<string, unknown>)[field] = value;
        } catch (error) {
          const wrong = fault(error);
          if (wrong !== null) found.push(`${what}: ${wrong}`);
        }
        try {
          const result = use(made);
          if (result !== right) found.push(`${what}: computes ${result}`);
        } catch (error) {
          const wrong = fault(error);
          if (wrong !== null) found.push(`${what}, used: ${wrong}`);
        }
      }
    }
  }
}
const isHolder = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof Tensor);

/** What getters and methods without arguments return that has elements or fields, by how it is got. */
function* returned(made: object): globalThis.Generator<string> {
  const names = new Set<string>();
  for (
    let at: object | null = made;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  for (const name of names) {
    if (name === 'constructor' || /_$|^backward$/.test(name)) continue;
    if (isHolder(reach(made, name))) yield name;
  }
}

/** The value of a getter, or what a method gives; undefined where that is an error. */
function reach(made: object, name: string): unknown {
  try {
    const value = (made as Record<string, unknown>)[name];
    return typeof value === 'function' ? (value as () => unknown).call(made) : value;
  } catch {
    return undefined;
  }
}

/** Writes into everything that an array or object has, and what the engine's nodes have. */
function spoil(holder: object, value: unknown): void {
  const fields = ['name', 'shape', 'next', 'grad', 'backward'];
  for (const field of new Set([...Object.keys(holder).slice(0, 8), ...fields])) {
    const inner = (holder as Record<string, unknown>)[field];
    // What is frozen refuses in the language's own words, and a copy takes anything.
    Reflect.set(holder, field, value);
    if (isHolder(inner)) spoil(inner, value);
  }
}

for (const [kind, { make, use }] of Object.entries(kinds)) {
  const right = use(make());
  for (const name of returned(make())) {
    for (const value of [1e8, -1, NaN, null, [1e8], {}]) {
      count++;
      const made = make();
      const what = `${kind}.${name} written into`;
      spoil(reach(made, name) as object, value);
      const result = use(made);
      if (result !== right) found.push(`${what}: computes ${result}`);
    }
  }
}

// The sizes and orders of a packed batch are checked once, and kernels go by them.
for (const field of ['batchSizes', 'sortedIndices', 'unsortedIndices'] as const) {
  const { make, use } = kinds['PackedSequence'];
  for (const value of [1e9, -1, 0, 2]) {
    count++;
    const made = nn.utils.rnn.packSequence([ones([2, 1]), ones([3, 1])], { enforceSorted: false });
    use(made);
    const indices = made[field]!;
    indices.fill_(value);
    try {
      use(made);
    } catch (error) {
      const wrong = fault(error);
      if (wrong !== null) found.push(`${field} written into: ${wrong}`);
    }
  }
  use(make());
}
process.stdout.write(JSON.stringify({ count, found }));
