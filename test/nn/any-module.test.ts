/** What only looks like a module, and has none of its private fields: a proxy, an object of the prototype alone. */
import { nn, optim } from 'ostinato';

const { registerParametrization, removeParametrizations, isParametrized } = nn.utils.parametrize;
const { AveragedModel, updateBn } = optim.swaUtils;

describe.each<[string, string, () => nn.Linear]>([
  ['a proxy of a module', 'a Proxy of a Linear', () => new Proxy(new nn.Linear(2, 2), {})],
  ['an object of its prototype', 'a Linear', () => Object.create(nn.Linear.prototype) as nn.Linear],
])('%s', (_what, got, fake) => {
  it.each<[string, (module: nn.Linear) => unknown]>([
    ['weightNorm', (module) => nn.utils.parametrizations.weightNorm(module)],
    [
      'registerParametrization',
      (module) => registerParametrization(module, 'weight', new nn.Identity() as never),
    ],
    ['removeParametrizations', (module) => removeParametrizations(module, 'weight')],
    ['isParametrized', (module) => isParametrized(module)],
    ['updateBn', (module) => updateBn([], module)],
    ['AveragedModel', (module) => new AveragedModel(module)],
  ])('%s refuses it', (name, call) => {
    expect(() => call(fake())).toThrow(
      new RegExp(`^${name}: (module|model) must be a Module, got ${got}$`),
    );
  });

  it.each<[string, (module: nn.Linear) => unknown, string]>([
    [
      'addModule',
      (module) => new nn.Module().addModule('fc', module),
      "addModule: 'fc' must be a Module or null, got a Linear",
    ],
    [
      'Sequential',
      (module) => new nn.Sequential(module),
      'Sequential: takes modules, got a Linear',
    ],
    [
      'Sequential.append',
      (module) => new nn.Sequential().append(module),
      'Sequential: takes modules, got a Linear',
    ],
    [
      'Sequential.insert',
      (module) => new nn.Sequential().insert(0, module),
      'Sequential.insert: takes modules, got a Linear',
    ],
    [
      'ModuleList',
      (module) => new nn.ModuleList([module]),
      'ModuleList: takes modules, got a Linear',
    ],
    [
      'ModuleList.set',
      (module) => new nn.ModuleList([new nn.Linear(1, 1)]).set(0, module),
      'ModuleList.set: takes modules, got a Linear',
    ],
    [
      'ModuleDict',
      (module) => new nn.ModuleDict({ fc: module }),
      'ModuleDict.set: takes modules, got a Linear',
    ],
    [
      'Recurrent',
      (module) => new nn.Recurrent(module as never),
      'Recurrent: cell must be a Module with a forward(x, state), or a function, got a Linear',
    ],
    [
      'TransformerEncoder',
      (module) => new nn.TransformerEncoder(module as never, 1),
      'TransformerEncoder: encoderLayer must be a Module, got a Linear',
    ],
  ])('%s refuses it', (_name, call, sentence) => {
    expect(() => call(fake())).toThrow(new TypeError(sentence.replace('a Linear', got)));
  });
});
