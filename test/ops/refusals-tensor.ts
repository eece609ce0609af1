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
    [
      'tensordot(float64[2,3], float64[2,3], [[2],[0]])',
      'median(float64[2,5], 2)',
      'nanmedian(float64[2,5], 2)',
      'mode(float64[2,5], 2)',
      'quantile(float64[2,5], 0.5, dim: 2)',
      'nanquantile(float64[2,5], 0.5, dim: 2)',
      'nansum(float64[3,4], 2)',
      'nanmean(float64[3,4], 2)',
      'scatterReduce(float64[3,3], 2, int32[2,3], float64[2,3], "sum")',
    ],
  ],
  [
    'RangeError',
    'the last sizes differ: a is [2, 3], b is [2, 2]',
    ['inner(float64[2,3], float64[2,2])'],
  ],
  [
    'RangeError',
    'dim must be an integer from -3 to 2 for a tensor of 3 dimensions, got 3',
    [
      'cumprod(float64[2,3,2], 3)',
      'cummax(float64[2,3,2], 3)',
      'cummin(float64[2,3,2], 3)',
      'logcumsumexp(float64[2,3,2], 3)',
    ],
  ],
  [
    'TypeError',
    "takes float32 or float64, got int32; convert with to('float32')",
    [
      'logcumsumexp(int32[2,3], 0)',
      'quantile(int32[2,3], 0.5)',
      'nanquantile(int32[2,3], 0.5)',
      'nanmean(int32[2,3], 1)',
      'stdMean(int32[2,3])',
      'varMean(int32[2,3])',
    ],
  ],
  [
    'TypeError',
    "takes float32 or float64, got bool; convert with to('float32')",
    ['logcumsumexp(bool[3], 0)', 'nanmean(bool[2])'],
  ],
  [
    'TypeError',
    "is not defined for bool tensors; convert with to('int32')",
    ['median(bool[2])', 'nanmedian(bool[2])', 'kthvalue(bool[2], 1)', 'trace(bool[2,2])'],
  ],
  [
    'RangeError',
    'dimension 0 has no elements to choose from (shape [0, 3])',
    ['median(float64[0,3], 0)', 'nanmedian(float64[0,3], 0)'],
  ],
  [
    'RangeError',
    'k must be an integer from 1 to 5, the size of dimension 1, got 0',
    ['kthvalue(float64[2,5], 0)'],
  ],
  [
    'RangeError',
    'k must be an integer from 1 to 5, the size of dimension 1, got 6',
    ['kthvalue(float64[2,5], 6)'],
  ],
  [
    'RangeError',
    'dimension 1 has no elements to choose from (shape [2, 0])',
    ['mode(float64[2,0], 1)'],
  ],
  [
    'RangeError',
    'q must be from 0 to 1, got -0.1',
    ['quantile(float64[2,5], -0.1)', 'nanquantile(float64[2,5], -0.1)'],
  ],
  [
    'RangeError',
    'q must be from 0 to 1, got 1.1',
    ['quantile(float64[2,5], 1.1)', 'nanquantile(float64[2,5], 1.1)'],
  ],
  [
    'RangeError',
    'takes at least one element, got shape [0]',
    ['quantile(float64[0], 0.5)', 'nanquantile(float64[0], 0.5)'],
  ],
  [
    'RangeError',
    'q must be a number or a vector, got shape [1, 1]',
    ['quantile(float64[2,5], float64[1,1])', 'nanquantile(float64[2,5], float64[1,1])'],
  ],
  [
    'RangeError',
    'q must be from 0 to 1, got 1.5',
    ['quantile(float64[2,5], float64[2])', 'nanquantile(float64[2,5], float64[2])'],
  ],
  [
    'TypeError',
    "x is float64, q is float32; convert one with to('float64')",
    ['quantile(float64[2,5], float32[1])', 'nanquantile(float64[2,5], float32[1])'],
  ],
  [
    'RangeError',
    'is not defined for 0 elements (shape [0]); name a dim whose size is not 0',
    ['aminmax(float64[0])'],
  ],
  ['RangeError', 'takes a matrix, got shape [3]', ['trace(float64[3])']],
  [
    'RangeError',
    "side 'left' contradicts right: true; leave one out",
    ['searchsorted(float64[4], float64[2,3], side: "left", right: true)'],
  ],
  [
    'RangeError',
    'values must have the shape of sortedSequence but for the last dimension, or sortedSequence one dimension: sortedSequence is [2, 3], values is [4]',
    ['searchsorted(float64[2,3], float64[4])'],
  ],
  [
    'RangeError',
    'sortedSequence must have at least one dimension',
    ['searchsorted(float64[], float64[4])'],
  ],
  [
    'TypeError',
    "is not defined for bool; convert with to('int32')",
    [
      'searchsorted(bool[2], bool[2])',
      'bucketize(bool[2], bool[2])',
      'isin(bool[2], bool[2])',
      'isin(int32[3], bool[2])',
      'isin(bool[2], 1)',
    ],
  ],
  [
    'RangeError',
    'boundaries must be a vector, got shape [2, 3]',
    ['bucketize(float64[2,3], float64[2,3])'],
  ],
  [
    'RangeError',
    'index must have as many dimensions as x: index is [2], x is [3, 3]',
    ['scatterReduce(float64[3,3], 0, int32[2], float64[2,3], "sum")'],
  ],
  [
    'RangeError',
    'index 3 is out of range for dimension 0 of size 3; it must be from 0 to 2',
    [
      'scatterReduce(float64[3,3], 0, int32[1,2], float64[2,3], "sum")',
      'indexFill(float64[3], 0, int32[1], 1)',
    ],
  ],
  [
    'TypeError',
    "x is float64, src is float32; convert one with to('float64')",
    ['scatterReduce(float64[3,3], 0, int32[2,3], float32[2,3], "sum")'],
  ],
  [
    'RangeError',
    'source must have at least 3 elements, one for each true of the mask, got 2',
    ['maskedScatter(float64[2,3], bool[2,3], float64[2])'],
  ],
  [
    'TypeError',
    "x is float64, source is float32; convert one with to('float64')",
    ['maskedScatter(float64[2,3], bool[2,3], float32[5])'],
  ],
  [
    'TypeError',
    'mask must be bool, got int32; compare, for example with ne(0)',
    ['maskedScatter(float64[2,3], int32[2,3], float64[6])'],
  ],
  [
    'RangeError',
    'value must be a number or a 0-dimensional tensor, got shape [1]',
    ['indexFill(float64[3], 0, int32[1], float64[1])'],
  ],
  [
    'RangeError',
    'dim must be an integer from -1 to 0 for a tensor of 1 dimensions, got 1',
    ['indexFill(float64[3], 1, int32[1], 1)'],
  ],
];
