// Kernel calls by name: an argument that is missing, of another kind, or a kernel with other parameters does not compile.
import { family } from '../../src/native/families';
import { runReduce, runSquaredError } from '../../src/native/generated';
import type { Memory } from '../../src/native/kernels';

declare const x: Memory;
const sum = family('sum').f32!;
runReduce(sum, x, x, 1, 2, 3);
// @ts-expect-error a parameter that is not passed
runReduce(sum, x, x, 1, 2);
// @ts-expect-error a number where memory belongs
runReduce(sum, 8, x, 1, 2, 3);
// @ts-expect-error a kernel of another signature
runSquaredError(sum, x, x, x, 1, 2);
// @ts-expect-error no kernel of this name
family('summ');
