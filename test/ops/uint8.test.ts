// What operations make of uint8 tensors (fixtures/uint8.json): PyTorch's values, and a sentence where PyTorch refuses too.
import { casesOf, expectTensor, run, title, toleranceOf, type Case } from './parity';

const all = casesOf('uint8');
const operations = new Set(all.map(({ op }) => op));

// What PyTorch computes and is refused here.
const stricter: readonly RegExp[] = [
  // PyTorch warns that it will refuse a condition of type uint8.
  /^where\(uint8\[2,3\]/,
  // Indices are int32, of a single element and of none too.
  /^(indexAdd|indexCopy|indexFill)\(.*, 0, uint8/,
  /^scatterReduce\(uint8\[3?\], 0, uint8\[0?\]/,
  // PyTorch doesn't look at the types of tensors without elements, nor at that of two beside a third.
  /^(softmax|logSoftmax)\(uint8\[0,3\]/,
  /^bmm\(.*[[,]0[\],]/,
  /^mseLoss\(uint8\[2,3\], uint8\[2,3\], weight/,
];
// What PyTorch refuses and is computed here, with int32 in the place of uint8 as well.
const laxer: readonly RegExp[] = [
  /^(isclose|allclose)\(/,
  /^(huberLoss|bceWithLogits)\(/,
  /^tensordot\(.*, 0\)/,
];

/** What is wrong with what is made of a case; null where it is as in PyTorch. */
function difference(one: Case): string | null {
  const call = title(one);
  let outs: unknown[];
  try {
    outs = run(one).outs;
  } catch (error) {
    const { name, message } = error as Error;
    if (!/^(TypeError|RangeError)$/.test(name) || !message.startsWith(`${one.op}: `)) {
      return `${call}: ${String(error)}`;
    }
    const isRefused = one.error !== undefined || stricter.some((known) => known.test(call));
    return isRefused ? null : `${call} is refused: ${message}`;
  }
  if (one.error !== undefined) {
    return laxer.some((known) => known.test(call)) ? null : `${call} is not refused`;
  }
  try {
    for (const [i, expected] of one.out.entries()) {
      if (typeof expected === 'boolean') expect(outs[i]).toBe(expected);
      else expectTensor(outs[i], expected, toleranceOf(expected.d));
    }
  } catch (error) {
    return `${call}: ${(error as Error).message}`;
  }
  return null;
}

for (const op of operations) {
  const cases = all.filter((one) => one.op === op);
  it(`${op}: ${cases.length} cases`, () => {
    expect(cases.map(difference).filter((one) => one !== null)).toEqual([]);
  });
}
