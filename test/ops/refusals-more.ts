/** How what fixtures/more.json has PyTorch refuse is refused here, as in refusals.ts. */
import type { Refusal } from './refusals';

export const moreRefusals: readonly Refusal[] = [
  ['RangeError', 'a 0-dimensional tensor has no neighbours', ['diff(float64[])']],
  ['RangeError', 'n must be an integer of at least 0, got -1', ['diff(float64[3], -1)']],
  [
    'RangeError',
    'dim must be an integer from -1 to 0 for a tensor of 1 dimensions, got 1',
    [
      'diff(float64[3], 1, 1)',
      'concat([float64[3],float64[3]], 1)',
      'concatenate([float64[3],float64[3]], 1)',
    ],
  ],
  [
    'RangeError',
    "prepend must have x's shape [2, 3] but along dimension 1, got [2]",
    ['diff(float64[2,3], 1, -1, prepend: float64[2])'],
  ],
  [
    'RangeError',
    "append must have x's shape [2, 3] but along dimension 0, got [1, 2]",
    ['diff(float64[2,3], 1, 0, append: float64[1,2])'],
  ],
  [
    'RangeError',
    'shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
    ['broadcastTensors(float64[2,3], float64[2])'],
  ],
  [
    'RangeError',
    'dim must be an integer from -2 to 1 for a tensor of 2 dimensions, got 2',
    ['swapdims(float64[2,3], 0, 2)', 'tensorSplit(float64[2,3], 2, 2)'],
  ],
  [
    'RangeError',
    '0-dimensional tensors cannot be joined; use stack',
    ['concat([float64[],float64[]])', 'concatenate([float64[],float64[]])'],
  ],
  [
    'RangeError',
    'all sizes but that of dimension 0 must agree: tensors[0] is [2, 3], tensors[1] is [3]',
    ['concat([float64[2,3],float64[3]])', 'concatenate([float64[2,3],float64[3]])'],
  ],
  [
    'RangeError',
    'all sizes but that of dimension 1 must agree: tensors[0] is [2, 3], tensors[1] is [3]',
    ['hstack([float64[2,3],float64[3]])'],
  ],
  [
    'RangeError',
    'the array of tensors is empty',
    ['hstack([])', 'vstack([])', 'rowStack([])', 'dstack([])', 'columnStack([])'],
  ],
  [
    'RangeError',
    'all sizes but that of dimension 0 must agree: tensors[0] is [1, 3], tensors[1] is [1, 2]',
    ['vstack([float64[3],float64[2]])', 'rowStack([float64[3],float64[2]])'],
  ],
  [
    'RangeError',
    'all sizes but that of dimension 2 must agree: tensors[0] is [2, 3, 1], tensors[1] is [1, 3, 1]',
    ['dstack([float64[2,3],float64[3]])'],
  ],
  [
    'RangeError',
    'all sizes but that of dimension 2 must agree: tensors[0] is [1, 3, 1], tensors[1] is [1, 2, 1]',
    ['dstack([float64[3],float64[2]])'],
  ],
  [
    'RangeError',
    'all sizes but that of dimension 1 must agree: tensors[0] is [2, 3], tensors[1] is [3, 1]',
    ['columnStack([float64[2,3],float64[3]])'],
  ],
  [
    'RangeError',
    'all sizes but that of dimension 1 must agree: tensors[0] is [3, 1], tensors[1] is [2, 1]',
    ['columnStack([float64[3],float64[2]])'],
  ],
  [
    'RangeError',
    'the number of pieces must be an integer of at least 1, got 0',
    [
      'tensorSplit(float64[3], 0)',
      'hsplit(float64[3], 0)',
      'hsplit(float64[2,3], 0)',
      'hsplit(float64[2,3,2], 0)',
      'vsplit(float64[2,3], 0)',
      'vsplit(float64[2,3,2], 0)',
      'dsplit(float64[2,3,2], 0)',
    ],
  ],
  [
    'RangeError',
    'the number of pieces must be an integer of at least 1, got -1',
    ['tensorSplit(float64[3], -1)'],
  ],
  [
    'TypeError',
    'a tensor of pieces or indices must be int32 of at most 1 dimension, got float64 of shape []',
    ['tensorSplit(float64[3], float64[])'],
  ],
  [
    'TypeError',
    'a tensor of pieces or indices must be int32 of at most 1 dimension, got int32 of shape [1, 1]',
    ['tensorSplit(float64[3], int32[1,1])'],
  ],
  [
    'RangeError',
    'a 0-dimensional tensor has no dimension to divide',
    ['tensorSplit(float64[], 2)', 'splitWithSizes(float64[], [1])'],
  ],
  [
    'RangeError',
    'takes a tensor of at least 1 dimension, got shape []',
    [
      'hsplit(float64[], 1)',
      'hsplit(float64[], 2)',
      'hsplit(float64[], [1])',
      'hsplit(float64[], [])',
      'hsplit(float64[], 0)',
    ],
  ],
  [
    'RangeError',
    '2 equal pieces of dimension 0 need a multiple of it, got size 3; tensorSplit makes unequal ones',
    ['hsplit(float64[3], 2)'],
  ],
  [
    'RangeError',
    '2 equal pieces of dimension 1 need a multiple of it, got size 3; tensorSplit makes unequal ones',
    ['hsplit(float64[2,3], 2)', 'hsplit(float64[2,3,2], 2)'],
  ],
  [
    'RangeError',
    'takes a tensor of at least 2 dimensions, got shape []',
    [
      'vsplit(float64[], 1)',
      'vsplit(float64[], 2)',
      'vsplit(float64[], [1])',
      'vsplit(float64[], [])',
      'vsplit(float64[], 0)',
    ],
  ],
  [
    'RangeError',
    'takes a tensor of at least 2 dimensions, got shape [3]',
    [
      'vsplit(float64[3], 1)',
      'vsplit(float64[3], 2)',
      'vsplit(float64[3], [1])',
      'vsplit(float64[3], [])',
      'vsplit(float64[3], 0)',
    ],
  ],
  [
    'RangeError',
    'takes a tensor of at least 3 dimensions, got shape []',
    [
      'dsplit(float64[], 1)',
      'dsplit(float64[], 2)',
      'dsplit(float64[], [1])',
      'dsplit(float64[], [])',
      'dsplit(float64[], 0)',
    ],
  ],
  [
    'RangeError',
    'takes a tensor of at least 3 dimensions, got shape [3]',
    [
      'dsplit(float64[3], 1)',
      'dsplit(float64[3], 2)',
      'dsplit(float64[3], [1])',
      'dsplit(float64[3], [])',
      'dsplit(float64[3], 0)',
    ],
  ],
  [
    'RangeError',
    'takes a tensor of at least 3 dimensions, got shape [2, 3]',
    [
      'dsplit(float64[2,3], 1)',
      'dsplit(float64[2,3], 2)',
      'dsplit(float64[2,3], [1])',
      'dsplit(float64[2,3], [])',
      'dsplit(float64[2,3], 0)',
    ],
  ],
  [
    'RangeError',
    'sizes must be integers that add up to 3, the size of dimension 0, got [1, 1]',
    ['splitWithSizes(float64[3], [1,1])'],
  ],
  [
    'RangeError',
    'sizes must be integers that add up to 3, the size of dimension 0, got [-1, 4]',
    ['splitWithSizes(float64[3], [-1,4])'],
  ],
  [
    'RangeError',
    'the number of pieces must be an integer of at least 1, got 0',
    ['hsplit(float64[2,4], 0)', 'vsplit(float64[2,4], 0)'],
  ],
  [
    'RangeError',
    'takes a tensor of at least 3 dimensions, got shape [2, 4]',
    [
      'dsplit(float64[2,4], 1)',
      'dsplit(float64[2,4], 2)',
      'dsplit(float64[2,4], [1])',
      'dsplit(float64[2,4], [])',
      'dsplit(float64[2,4], 0)',
    ],
  ],
  [
    'RangeError',
    'along dimension 1 every other dimension must have elements, got shape [0, 3]',
    ['uniqueConsecutive(float64[0,3], dim: 1, returnInverse: true, returnCounts: true)'],
  ],
  [
    'RangeError',
    'a 0-dimensional tensor has no dimension; leave dim out',
    ['uniqueConsecutive(float64[], dim: 0, returnInverse: true, returnCounts: true)'],
  ],
  [
    'RangeError',
    'dim must be an integer from -1 to 0 for a tensor of 1 dimensions, got 1',
    ['uniqueConsecutive(float64[3], dim: 1, returnInverse: true, returnCounts: true)'],
  ],
];
