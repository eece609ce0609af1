/** What only looks like a module, and has none of its private fields: a proxy, an object of the prototype alone. */
import { nn, optim } from 'ostinato';

const { registerParametrization, removeParametrizations, isParametrized } = nn.utils.parametrize;
const { AveragedModel, updateBn } = optim.swaUtils;

describe.each<[string, () => nn.Linear]>([
  ['a proxy of a module', () => new Proxy(new nn.Linear(2, 2), {})],
  ['an object of its prototype', () => Object.create(nn.Linear.prototype) as nn.Linear],
])('%s', (_, fake) => {
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
      new RegExp(`^${name}: (module|model) must be a Module, got a Linear$`),
    );
  });
});
