// What compares tensors in a test where no tester was added: nothing takes equal tensors for equal in silence, or different ones.
import assert from 'node:assert/strict';
import { tensor, testing } from 'ostinato';

const x = tensor([1, 2]);

test('toEqual takes the same memory for equal alone', () => {
  expect(x).toEqual(x);
  for (const other of [x.clone(), x.add(1)]) {
    expect(() => expect(x).toEqual(other)).toThrow(/^expect\(received\)\.toEqual\(expected\)[^]*$/);
  }
  testing.assertClose(x, x.clone());
});

test('deepStrictEqual takes the same memory for equal alone', () => {
  assert.deepStrictEqual(x, x);
  for (const other of [x.clone(), x.add(1)]) {
    expect(() => assert.deepStrictEqual(x, other)).toThrow(
      /^Expected values to be strictly deep-equal:\n[^]*$/,
    );
  }
});
