// A field that held a module, a parameter or a buffer holds one or nothing: PyTorch refuses the assignment, here the next look at the module does.
import { nn, ones, optim, zeros, type Tensor } from 'ostinato';

class Net extends nn.Module {
  fc: nn.Linear | null = new nn.Linear(2, 3);
  scale: nn.Parameter | null = new nn.Parameter(ones([3]));
  declare shift: Tensor | null;
  list = new nn.ModuleList([new nn.Linear(2, 2)]);
  constructor() {
    super();
    this.registerBuffer('shift', zeros([3]));
  }
  forward(x: Tensor): Tensor {
    return this.fc!.forward(x).mul(this.scale!).add(this.shift!);
  }
}

/** A net whose members have been looked at. */
function made(): Net {
  const net = new Net();
  net.parameters();
  return net;
}

const looks: [string, (net: Net) => unknown][] = [
  ['parameters', (net) => net.parameters()],
  ['namedParameters', (net) => net.namedParameters()],
  ['namedModules', (net) => net.namedModules()],
  ['children', (net) => net.children()],
  ['stateDict', (net) => net.stateDict()],
  ['train', (net) => net.train()],
  ['eval', (net) => net.eval()],
  ['zeroGrad', (net) => net.zeroGrad()],
  ['to', (net) => net.to('float64')],
  ['optim.SGD', (net) => new optim.SGD(net.parameters(), { lr: 1 })],
];

const assigned: [string, unknown, string][] = [
  ['fc', 3, "cannot assign 3 as module 'fc', which must be a Module or null"],
  ['fc', ones([2]), "cannot assign a Tensor as module 'fc', which must be a Module or null"],
  ['fc', () => 1, "cannot assign a function as module 'fc', which must be a Module or null"],
  ['scale', 2, "cannot assign 2 as parameter 'scale', which must be a Parameter, a Tensor or null"],
  ['scale', [1, 2, 3], "cannot assign [1, 2, 3] as parameter 'scale', which must be a Parameter, a Tensor or null"],
]; // prettier-ignore

describe.each(looks)('%s', (_name, look) => {
  test.each(assigned)('refuses what was put into %s in its place', (field, value, sentence) => {
    const net = made();
    Reflect.set(net, field, value);
    expect(() => look(net)).toThrow(new TypeError(`Net: ${sentence}`));
  });
});

test.each<[string, (net: Net) => unknown]>([
  ['buffers', (net) => net.buffers()],
  ['stateDict', (net) => net.stateDict()],
  ['to', (net) => net.to('float64')],
])('%s refuses what was put in the place of a buffer', (_name, look) => {
  const net = made();
  Reflect.set(net, 'shift', 3);
  expect(() => look(net)).toThrow(
    new TypeError("Net: cannot assign 3 as buffer 'shift', which must be a Tensor or null"),
  );
});

test('null takes a member away, and one of its kind may replace it', () => {
  const net = made();
  net.fc = null;
  net.scale = null;
  net.shift = null;
  expect(net.namedParameters().map(([name]) => name)).toEqual(['list.0.weight', 'list.0.bias']);
  net.fc = new nn.Linear(2, 4);
  net.scale = new nn.Parameter(ones([3]));
  net.shift = ones([3]);
  expect([...net.stateDict().keys()]).toEqual([
    ...['scale', 'shift', 'fc.weight', 'fc.bias', 'list.0.weight', 'list.0.bias'],
  ]);
});

test('a module may take the place of a parameter, and a parameter that of a module', () => {
  const net = made();
  Reflect.set(net, 'scale', new nn.Linear(1, 1));
  Reflect.set(net, 'fc', new nn.Parameter(ones([1])));
  const names = net.namedParameters().map(([name]) => name);
  expect(names).toContain('scale.weight');
  expect(names).toContain('fc');
});
