// What the compiler must say about tensors, without running anything: npm run test:types.
import { expectTypeOf } from 'expect-type';
import {
  autograd,
  cat,
  noGrad,
  permute,
  slice,
  stack,
  tensor,
  Tensor as TensorClass,
  tqdm,
  unique,
  zeros,
  type DType,
  type NestedArray,
  type Tensor,
} from 'ostinato';

const x = tensor([[1, 2]], { requiresGrad: true });

expectTypeOf(x).toEqualTypeOf<Tensor>();
expectTypeOf(x.shape).toEqualTypeOf<readonly number[]>();
expectTypeOf(x.dtype).toEqualTypeOf<DType>();
expectTypeOf<DType>().toEqualTypeOf<'float32' | 'float64' | 'int32' | 'uint8' | 'bool'>();
expectTypeOf(x.grad).toEqualTypeOf<Tensor | null>();
expectTypeOf(x.gradFn).toExtend<{ readonly name: string } | null>();
expectTypeOf(x.item()).toEqualTypeOf<number>();
expectTypeOf(x.backward).returns.toEqualTypeOf<void>();

// What is inside is as the place that takes it says.
const rows: number[][] = x.toArray();
const pair: readonly [number, number] = x.toArray();
const flags: readonly (readonly boolean[])[] = x.toArray();
const floats: Float32Array = x.toTypedArray();
[rows[0][0], pair[1], flags.length, floats.length].forEach((n) =>
  expectTypeOf(n).toEqualTypeOf<number>(),
);
expectTypeOf(x.toArray<number[][]>()[0][0]).toEqualTypeOf<number>();
expectTypeOf(x.toArray()).toEqualTypeOf<NestedArray>();
// @ts-expect-error nothing inside is text
((words: string[]) => words)(x.toArray());

// Methods come with the package, with the types of the functions they are.
expectTypeOf(x.add(1).mul(x).sum()).toEqualTypeOf<Tensor>();
expectTypeOf(zeros([])).toEqualTypeOf<Tensor>();

// The result of the function is the result of noGrad.
expectTypeOf(noGrad(() => 'text')).toEqualTypeOf<string>();
expectTypeOf(autograd.grad).returns.items.toExtend<Tensor | null>();

// @ts-expect-error a shape is one array
zeros(2, 3);
// @ts-expect-error not a dtype
zeros([2], { dtype: 'float16' });
// @ts-expect-error a shape is not assigned to
x.shape = [1];
// @ts-expect-error options are spelled in camelCase
x.backward({ retain_graph: true });
// @ts-expect-error nothing is made out of text
tensor('1, 2');

// Indices: numbers, text, slice(), null, lists, masks, tensors.
expectTypeOf(x.at(0, '1:3', '...', null, [1, 3], [[true]], x)).toEqualTypeOf<Tensor>();
expectTypeOf(x.at(`${x.ndim}:`, `:${x.ndim}:2`)).toEqualTypeOf<Tensor>();
expectTypeOf(x.at(slice(1, 3), slice(2), slice(null, null, 2))).toEqualTypeOf<Tensor>();
expectTypeOf(slice(x, 0, 1, null)).toEqualTypeOf<Tensor>();
expectTypeOf(x.slice(0, 1, 2)).toEqualTypeOf<Tensor>();
expectTypeOf(x.setAt(['1:', [0, 2]], 5)).toEqualTypeOf<Tensor>();
// @ts-expect-error a slice with an open end is text, or slice(1, null)
x.at([1, null]);
// @ts-expect-error a number is no text
x.at('1');

// Sizes and dimensions one by one, as methods take them.
expectTypeOf(x.permute(1, 0).view(2, -1).expand(2, 2).reshape(4)).toEqualTypeOf<Tensor>();
expectTypeOf(x.permute([1, 0]).view([2, -1]).expand([2, 2]).reshape([])).toEqualTypeOf<Tensor>();
expectTypeOf(x.flip(0, 1).repeat(2, 1).tile(2).broadcastTo(4, 2)).toEqualTypeOf<Tensor>();
// @ts-expect-error a function takes an array
permute(x, 1, 0);
// @ts-expect-error numbers only
x.view('2');
// @ts-expect-error an index of Python's slice has no place among the arguments of the operation
x.slice();

// A dimension beside an argument, as a number or by name.
expectTypeOf(x.split(1, { dim: 1 })).toEqualTypeOf<Tensor[]>();
expectTypeOf(x.chunk(2, 1)).toEqualTypeOf<Tensor[]>();
expectTypeOf(x.unbind({ dim: 1 })).toEqualTypeOf<Tensor[]>();
expectTypeOf(cat([x, x], { dim: 1 })).toEqualTypeOf<Tensor>();
// @ts-expect-error no such option
stack([x, x], { axis: 1 });

// Several results, by position and by name.
const { values, indices } = x.sort();
expectTypeOf(values).toEqualTypeOf<Tensor>();
expectTypeOf(indices).toEqualTypeOf<Tensor>();
const [best, places] = x.topk(1, 0);
expectTypeOf(best).toEqualTypeOf<Tensor>();
expectTypeOf(places).toEqualTypeOf<Tensor>();
expectTypeOf(x.max(1).values).toEqualTypeOf<Tensor>();
expectTypeOf(x.max(1)[1]).toEqualTypeOf<Tensor>();
expectTypeOf(unique(x, { returnCounts: true }).counts).toEqualTypeOf<Tensor>();
expectTypeOf(unique(x)).toEqualTypeOf<Tensor>();
expectTypeOf(x.unique({ returnCounts: true }).counts).toEqualTypeOf<Tensor>();
expectTypeOf(x.unique()).toEqualTypeOf<Tensor>();
expectTypeOf(x.uniqueConsecutive({ returnInverse: true }).inverse).toEqualTypeOf<Tensor>();
expectTypeOf(x.quantile(0.5, 1, { keepdim: true })).toEqualTypeOf<Tensor>();
expectTypeOf(x.var({ correction: 0 })).toEqualTypeOf<Tensor>();
expectTypeOf(x.argmax({ keepdim: true })).toEqualTypeOf<Tensor>();
expectTypeOf(unique(x, { returnCounts: true })).not.toHaveProperty('inverse');

// Habits of JavaScript.
for (const row of x) expectTypeOf(row).toEqualTypeOf<Tensor>();
for (const i of tqdm(3)) expectTypeOf(i).toEqualTypeOf<number>();
for (const word of tqdm(['a'])) expectTypeOf(word).toEqualTypeOf<string>();
expectTypeOf(x.data).toEqualTypeOf<Tensor>();
const something: unknown = x;
if (something instanceof TensorClass) expectTypeOf(something).toEqualTypeOf<Tensor>();
// @ts-expect-error tensors are made by functions
new TensorClass([1]);
