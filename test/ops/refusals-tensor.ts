/** How what fixtures/tensor.json has PyTorch refuse is refused here, as in refusals.ts. */
import type { Refusal } from './refusals';

export const tensorRefusals: readonly Refusal[] = [
  [
    'RangeError',
    "the result's subscripts must be distinct, got 'ii' in 'i->ii'",
    ['einsum("i->ii", float64[2])'],
  ],
  [
    'RangeError',
    "the result's subscript 'j' is none of an operand's in 'i->j'",
    ['einsum("i->j", float64[2])'],
  ],
  [
    'RangeError',
    "dots come as one ... for each operand, got 'i.j' in 'i.j'",
    ['einsum("i.j", float64[2,2])'],
  ],
  [
    'RangeError',
    "dots come as one ... for each operand, got '....' in '....'",
    ['einsum("....", float64[2])'],
  ],
  [
    'RangeError',
    "dots come as one ... for each operand, got 'i..' in 'i..'",
    ['einsum("i..", float64[2])'],
  ],
  [
    'RangeError',
    "dots come as one ... for each operand, got '...i...' in '...i...'",
    ['einsum("...i...", float64[2])'],
  ],
  [
    'RangeError',
    "a subscript must be a letter from a to z or A to Z, or ..., got '1' in 'i1'",
    ['einsum("i1", float64[2,2])'],
  ],
  [
    'RangeError',
    "a subscript must be a letter from a to z or A to Z, or ..., got '-' in 'i->->'",
    ['einsum("i->->", float64[2])'],
  ],
  [
    'RangeError',
    "'ij' has 2 subscripts, but operands[0] has 1 dimensions (shape [2]) in 'ij'",
    ['einsum("ij", float64[2])'],
  ],
  [
    'RangeError',
    "'i' has 1 subscripts, but operands[0] has 2 dimensions (shape [2, 2]) in 'i'",
    ['einsum("i", float64[2,2])'],
  ],
  [
    'RangeError',
    "'...ij' has 2 subscripts, but operands[1] has 1 dimensions (shape [3]) in '...ij,...ij'",
    ['einsum("...ij,...ij", float64[2,3], float64[3])'],
  ],
  ['RangeError', "'i,j' has subscripts for 2 operands, got 1", ['einsum("i,j", float64[2])']],
  [
    'RangeError',
    "'i' has subscripts for 1 operands, got 2",
    ['einsum("i", float64[2], float64[2])'],
  ],
  [
    'RangeError',
    "subscript 'j' has size 2 in operands[1], but 3 before in 'ij,jk'",
    ['einsum("ij,jk", float64[2,3], float64[2,3])'],
  ],
  [
    'RangeError',
    "a dimension of ... has size 3 in operands[1], but 2 before in '...,...'",
    ['einsum("...,...", float64[2], float64[3])'],
  ],
  [
    'RangeError',
    "subscript 'i' is repeated, so its sizes must be equal, got 2 and 3 of operands[0] in 'ii'",
    ['einsum("ii", float64[2,3])'],
  ],
  [
    'RangeError',
    "subscript 'i' is repeated, so its sizes must be equal, got 1 and 3 of operands[0] in 'ii'",
    ['einsum("ii", float64[1,3])'],
  ],
  [
    'TypeError',
    "a is float32, b is float64; convert one with to('float32')",
    ['einsum("ij,jk->ik", float32[2,3], float64[3,2])', 'tensordot(float32[2,3], float64[3,2], 1)'],
  ],
  [
    'RangeError',
    'paired sizes differ: dimension 2 of a has 2, dimension 0 of b has 3',
    ['tensordot(float64[2,3,2], float64[3,2,2], 1)'],
  ],
  [
    'RangeError',
    'paired sizes differ: dimension 0 of a has 2, dimension 0 of b has 3',
    ['tensordot(float64[2,3,2], float64[3,2,2], 3)'],
  ],
  [
    'RangeError',
    'dims must be an integer from 0 to 3 for shapes [2, 3, 2] and [3, 2, 2], got -1',
    ['tensordot(float64[2,3,2], float64[3,2,2], -1)'],
  ],
  [
    'RangeError',
    'paired sizes differ: dimension 1 of a has 3, dimension 0 of b has 2',
    ['tensordot(float64[2,3], float64[2,3], [[1],[0]])'],
  ],
  [
    'RangeError',
    'dims must name as many distinct dimensions of both, got [0, 1] and [0]',
    ['tensordot(float64[2,3], float64[2,3], [[0,1],[0]])'],
  ],
  [
    'RangeError',
    'dims must name as many distinct dimensions of both, got [0, 0] and [0, 1]',
    ['tensordot(float64[2,3], float64[2,3], [[0,0],[0,1]])'],
  ],
  [
    'RangeError',
    'dim must be an integer from -2 to 1 for a tensor of 2 dimensions, got 2',
    ['tensordot(float64[2,3], float64[2,3], [[2],[0]])'],
  ],
  [
    'RangeError',
    'the last sizes differ: a is [2, 3], b is [2, 2]',
    ['inner(float64[2,3], float64[2,2])'],
  ],
];
