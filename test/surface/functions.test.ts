// Every exported function, class and method has its public name. Of the built package: test/package/agree.mjs.
import { inspect } from 'node:util';
import * as ostinato from 'ostinato';
import { misnamed } from '../package/names.cjs';

test('functions, classes and methods are named as they are exported', () => {
  expect(misnamed(ostinato)).toEqual([]);
});

test('where a name shows', () => {
  const { add, nn, relu, tanh } = ostinato;
  expect(inspect(add)).toBe('[Function: add]');
  expect(inspect(ostinato.tensor([1]).tanh_)).toBe('[Function: tanh_]');
  expect(String(new nn.Sequential(tanh, relu))).toBe(
    'Sequential(\n  (0): Lambda(tanh)\n  (1): Lambda(relu)\n)',
  );
});
