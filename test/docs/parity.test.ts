// docs/parity.md says of every public name of PyTorch's whether it is here: no name without a test, or without a reason.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { page, rows } from './parity/page';
import { codeOf, testOf } from './parity/evidence';
import { differences, reasons, spelled } from './parity/reasons';

const all = rows();

test('every name is here, or there is a reason', () => {
  const left = all.filter(({ name, why }) => name === undefined && why === undefined);
  expect(left.map(({ module, torch }) => `${module}.${torch}`)).toEqual([]);
});

test('every name that is here is tested', () => {
  const untested = all.filter(({ name, test: file }) => name !== undefined && file === undefined);
  expect(untested.map(({ name }) => name)).toEqual([]);
});

test('words that only look like a name are no test of it', () => {
  const text = 'sort(\'sum\'); // mean(x)\n/* dot(y) */ `max(${min(z)}) prod`; "seed()"';
  expect(codeOf(text).match(/\w+/g)).toEqual(['sort', 'min', 'z']);
  for (const name of [
    'cat',
    't',
    'Tensor.T',
    'dot',
    'max',
    'mean',
    'sum',
    'mode',
    'seed',
    'Tensor.repeat',
  ])
    expect(testOf(name)).not.toMatch(/tokens|attention|ctc|losses|distributions|bits|text|cli/);
  expect(testOf('nn.CTCLoss')).not.toMatch(/print/);
  expect([testOf('nn.LSTM'), testOf('optim.SGD')]).toEqual([
    'test/fixtures/recurrent.json',
    'test/fixtures/optim.json',
  ]);
  expect(testOf('nn.NothingOfTheKind')).toBeUndefined();
});

test('differences and spellings are of names that are here, and every reason is used', () => {
  const here = new Set(all.map(({ name }) => name));
  expect(Object.keys(differences).filter((name) => !here.has(name))).toEqual([]);
  expect(Object.values(spelled).filter((name) => !here.has(name))).toEqual([]);
  const absent = all.filter(({ name }) => name === undefined);
  const unused = reasons.filter(({ why }) => !absent.some((row) => row.why === why));
  expect(unused).toEqual([]);
});

/** The words of a page: how it is laid out in columns is the formatter's. */
const words = (text: string): string[] => text.replace(/-{3,}/g, '---').split(/[\s|]+/);

test('docs/parity.md is what npm run docs:parity writes', () => {
  const file = readFileSync(join(__dirname, '..', '..', 'docs', 'parity.md'), 'utf8');
  expect(words(file)).toEqual(words(page()));
});
