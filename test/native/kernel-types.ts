// Kernel calls by name: an argument that is missing, of another kind, or a kernel with other parameters does not compile.
import { family } from '../../src/native/families';
import { runGemm, runReduce, runSquaredError, type Gemm } from '../../src/native/calls';
import type { Memory } from '../../src/native/memory';

declare const x: Memory;
const sum = family('sum').f32!;
runReduce(sum, x, x, 1, 2, 3, true);
// @ts-expect-error a parameter that is not passed
runReduce(sum, x, x, 1, 2, 3);
// @ts-expect-error a number where memory belongs
runReduce(sum, 8, x, 1, 2, 3, true);
// @ts-expect-error a kernel of another signature
runSquaredError(sum, x, x, x, 1, 2);
// @ts-expect-error no kernel of this name
family('summ');

declare const gemm: Gemm;
const product = family('gemm').f32!;
runGemm(product, gemm);
const { ldb, ...withoutLdb } = gemm;
// @ts-expect-error a parameter that is not passed
runGemm(product, withoutLdb);
// @ts-expect-error a parameter that the kernel does not have
runGemm(product, { ...withoutLdb, ldB: ldb });
