'use strict';
// The functions that write the walk over an elementwise kernel's operands into the argument block, as native/binding/arguments.h
// reads it: number of dimensions, number of operands, sizes, then each operand's strides.

const { positionsText } = require('./text.cjs');

const mostOperands = 4;
const names = ['a', 'b', 'c'];

/** Contiguous operands with all elements or one are walked as one dimension; strided.ts merges those of others. */
function writerText(count) {
  const inputs = names.slice(0, count - 1);
  const operands = [...inputs, 'out'];
  const isFlat = [
    'out.contiguousLayout',
    ...inputs.flatMap((x) => [`${x}.contiguousLayout`, `(${x}.numel === n || ${x}.numel === 1)`]),
  ].join(' && ');
  const strides = inputs.map((x, i) => `  args[at + ${3 + i}] = ${x}.numel === n ? 1 : 0;\n`);
  return `function writeStrided${count}(at: number, ${operands.map((x) => `${x}: Elements`).join(', ')}): void {
  const n = out.numel;
  if (!(${isFlat})) {
    writeMerged(at, [${operands.join(', ')}]);
    return;
  }
  args[at] = 1;
  args[at + 1] = ${count};
  args[at + 2] = n;
${strides.join('')}  args[at + ${2 + count}] = 1;
}
`;
}

const mergedText = `function writeMerged(at: number, operands: readonly Elements[]): void {
  const count = operands.length;
  const dims = mergeDims(operands);
  args[at] = dims;
  args[at + 1] = count;
  let next = at + 2;
  for (let d = 0; d < dims; d++) args[next++] = mergedSizes[d];
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < dims; d++) args[next++] = mergedStrides[i * maxDims + d];
  }
}
`;

const stridedText = [
  mergedText,
  ...Array.from({ length: mostOperands }, (_, i) => writerText(i + 1)),
].join('\n');

/** Where the parts of a walk are, from its first argument on. */
const stridedPositions = positionsText(
  'StridedAt',
  ['dims', 'operands', 'sizes'].map((name) => ({ name })),
  "the parts of a walk are, from its first argument on; each operand's strides follow",
);

module.exports = { stridedPositions, stridedText };
