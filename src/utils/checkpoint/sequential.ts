/** checkpointSequential: layers one after the other, in segments that are checkpointed. */
import { arrayOf, integerFrom, isInstance, surplus } from '../../check';
import { Sequential } from '../../nn/containers';
import type { Module } from '../../nn/module';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import {
  callable,
  checkpointOptions,
  functionOrModule,
  run,
  type CheckpointOptions,
} from './checkpoint';

const operation = 'checkpointSequential';
const layerList = arrayOf(functionOrModule, 'a Sequential, or an array of functions and modules');
const positive = integerFrom(1);

/**
 * Calls functions or modules one after the other, in `segments` parts, each but the last under `checkpoint`
 * (torch.utils.checkpoint.checkpoint_sequential). About √n segments of n layers need the least memory.
 * @param functions a Sequential, or functions and modules of one tensor to one tensor
 * @param segments into how many parts of equal length they are divided; the last one takes what is left
 * @throws TypeError for what is no function, no tensor and no option; RangeError for more segments than functions, and what `checkpoint` throws.
 * @example
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 8), new nn.Tanh());
 * const y = utils.checkpoint.checkpointSequential(model, 2, randn([3, 4]));
 * y.sum().backward();
 */
export function checkpointSequential(
  functions: Sequential | readonly (((input: Tensor) => Tensor) | Module)[],
  segments: number,
  input: Tensor,
  options?: CheckpointOptions,
): Tensor {
  if (arguments.length > 4) surplus(operation, arguments, 4, 'options');
  const { preserveRngState } = checkpointOptions.read(options, operation);
  const given: unknown = isInstance(functions, Sequential) ? [...functions] : functions;
  const list = layerList.check(operation, 'functions', given).map(callable);
  positive.check(operation, 'segments', segments);
  anyTensor.check(operation, 'input', input);
  if (segments > Math.max(list.length, 1)) {
    throw new RangeError(
      `${operation}: segments must be at most the number of functions, which are ${list.length}, got ${segments}`,
    );
  }
  const length = Math.floor(list.length / segments);
  const part =
    (from: number, to: number) =>
    (x: unknown): unknown =>
      list.slice(from, to).reduce((y, f) => f(y), x);
  let x: unknown = input;
  for (let i = 0; i < segments - 1; i++) {
    x = run(part(i * length, (i + 1) * length), [x], preserveRngState);
  }
  return part((segments - 1) * length, list.length)(x) as Tensor;
}
