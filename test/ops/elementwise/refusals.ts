// The part of ../refusals.ts for fixtures/elementwise.json.
import type { Refusal } from '../refusals';

export const refusals: readonly Refusal[] = [
  [
    'TypeError',
    'is not defined for bool tensors',
    ['absolute(bool[2])', 'negative(bool[2])', 'fmod(bool[3], bool[3])'],
  ],
  ['TypeError', "is not defined for bool tensors; convert with to('int32')", ['fix(bool[2])']],
  [
    'TypeError',
    "takes float32 or float64, got int32; convert with to('float32')",
    [
      'frac(int32[2])',
      'hypot(int32[6], int32[6])',
      'logaddexp2(int32[6], int32[6])',
      'lerp(int32[2], int32[2], 0.5)',
      'addcdiv(int32[2], int32[2], int32[2])',
    ],
  ],
  [
    'TypeError',
    "takes float32 or float64, got bool; convert with to('float32')",
    ['frac(bool[2])', 'hypot(bool[3], bool[3])', 'logaddexp2(bool[3], bool[3])'],
  ],
  ['RangeError', 'n must be an integer of at least 0, got -1', ['polygamma(-1, float64[])']],
  [
    'TypeError',
    "a is float32, values is float64; convert one with to('float32')",
    ['heaviside(float32[2], float64[2])'],
  ],
  [
    'TypeError',
    'is not defined for bool tensors; use logicalNot() to invert one, logicalXor() to tell two apart',
    ['subtract(bool[3], bool[3])'],
  ],
  [
    'RangeError',
    "an integer cannot be divided by 0; convert with to('float32') to get Infinity or NaN",
    ['fmod(int32[2], 0)'],
  ],
  [
    'RangeError',
    'shapes [3] and [2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
    ['lerp(float64[3], float64[2], 0.5)'],
  ],
  [
    'TypeError',
    "takes int32, uint8 or bool, got float64; convert with to('int32')",
    [
      'bitwiseAnd(float64[], int32[5])',
      'bitwiseOr(float64[], int32[5])',
      'bitwiseXor(float64[], int32[5])',
      'bitwiseNot(float64[])',
    ],
  ],
  ['RangeError', 'alpha must not be 0, got 0', ['celu(float64[5], alpha: 0)']],
  [
    'RangeError',
    'lambd must be a number of at least 0, got -1',
    ['softshrink(float64[5], lambd: -1)'],
  ],
  [
    'RangeError',
    'the size of dimension 1 must be even, got 3 (shape [2, 3])',
    ['glu(float64[2,3], 1)'],
  ],
  [
    'RangeError',
    'weight must have 1 element or one for each of the 3 channels, got shape [2] for x of shape [2, 3]',
    ['prelu(float64[2,3], float64[2])'],
  ],
];
