// Assigns hostile values to every field that objects of public classes have, found at run time, and computes with the objects
// afterwards: prints how many assignments there were and what was neither refused in our sentence nor right. An end of this
// process is the worst of faults, which is why it is a process of its own.
import { add, Generator, nn, randn, tensor, zeros, type Tensor } from 'ostinato';
import { fault } from '../fault';

interface Kind {
  readonly make: () => object;
  /** What the object is for; the same texts from objects that nobody wrote to. */
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
  Parameter: { make: () => new nn.Parameter(tensor(values)), use: useTensor },
  Generator: {
    make: () => new Generator().manualSeed(7),
    use: (generator) => show(randn([3], { generator: generator as Generator })),
  },
  PackedSequence: {
    make: () => nn.utils.rnn.packSequence([tensor([[1], [2], [3]]), tensor([[4], [5]])]),
    use(packed) {
      const [padded, lengths] = nn.utils.rnn.padPackedSequence(packed as nn.utils.rnn.PackedSequence); // prettier-ignore
      return `${show(padded)} ${String(lengths)}`;
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
process.stdout.write(JSON.stringify({ count, found }));
