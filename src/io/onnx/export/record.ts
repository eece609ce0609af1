/** A model's forward as a list of the operations that it made of its inputs and weights, with the tensors themselves. */
import { enableGrad } from '../../../autograd/mode';
import type { Module } from '../../../nn';
import { watch } from '../../../ops/declare/watch';
import { quoted } from '../../malformed';
import { historyOf, setHistory, type Tensor } from '../../../tensor/tensor';

export type Operand = Tensor | number | null;

export interface Call {
  readonly operation: string;
  readonly context: unknown;
  readonly inputs: readonly Operand[];
  readonly results: readonly Tensor[];
  /** The module whose forward made it, by its path; '' for the model itself. */
  readonly where: string;
  /** How often each input had been changed in place. */
  readonly versions: readonly number[];
}

export interface Recording {
  readonly calls: readonly Call[];
  readonly output: unknown;
}

const isTensor = (x: Operand): x is Tensor => typeof x === 'object' && x !== null;

/** Runs `body` while every module below `model` says when its forward runs. */
function inModules<R>(model: Module, stack: string[], body: () => R): R {
  const named = model.namedModules();
  // A forward with hooks, or one that was assigned, is the module's own.
  const own = named.map(([, module]) => Object.getOwnPropertyDescriptor(module, 'forward'));
  for (const [path, module] of named) {
    const { forward } = module as { forward: (...inputs: unknown[]) => unknown };
    Object.defineProperty(module, 'forward', {
      ...{ configurable: true, enumerable: false, writable: true },
      value(this: Module, ...inputs: unknown[]): unknown {
        stack.push(path);
        try {
          return Reflect.apply(forward, this, inputs);
        } finally {
          stack.pop();
        }
      },
    });
  }
  try {
    return body();
  } finally {
    for (const [i, [, module]] of named.entries()) {
      const before = own[i];
      if (before === undefined) Reflect.deleteProperty(module, 'forward');
      else Object.defineProperty(module, 'forward', before);
    }
  }
}

/** Runs `body` with every module in evaluation mode. */
export function evaluated<R>(model: Module, body: () => R): R {
  const modes = model.modules().map((module) => [module, module.training] as const);
  model.eval();
  try {
    return body();
  } finally {
    for (const [module, training] of modes) module.training = training;
  }
}

/** Runs `body` in evaluation mode and with `tracked` recorded as what requires gradients is. */
function prepared<R>(model: Module, tracked: readonly Tensor[], body: () => R): R {
  const histories = tracked.map((x) => [x, historyOf(x), x.requiresGrad] as const);
  for (const [x, history] of histories) setHistory(x, history, true);
  try {
    return evaluated(model, body);
  } finally {
    for (const [x, history, wanted] of histories) setHistory(x, history, wanted);
  }
}

/**
 * What `forward(...args)` computes. Tensors of any element type that come of `inputs` or of the model's weights are followed, as far as
 * operations are recorded.
 */
export function record(
  model: Module,
  args: readonly unknown[],
  inputs: readonly Tensor[],
): Recording {
  const calls: Call[] = [];
  const stack: string[] = [];
  const followed = new Set<Tensor>();
  const tracked = [...new Set([...inputs, ...model.parameters(), ...model.buffers()])];
  for (const x of tracked) followed.add(x);
  const { watcher, changing } = watch;
  const where = (): string => (stack.length < 2 ? 'forward' : quoted(stack.at(-1)!));
  const output = prepared(model, tracked, () =>
    inModules(model, stack, () =>
      enableGrad(() => {
        watch.watcher = (operation, context, operands, results) => {
          const isOurs = operands.some((x) => isTensor(x) && (followed.has(x) || x.requiresGrad));
          if (!isOurs) return;
          const versions = operands.map((x) => (isTensor(x) ? x.version : 0));
          calls.push({ operation, context, inputs: [...operands], results: [...results], where: stack.at(-1) ?? '', versions }); // prettier-ignore
          for (const x of results) {
            followed.add(x);
            // What has no gradient is followed too: comparisons, positions.
            if (!x.requiresGrad) setHistory(x, null, true);
          }
        };
        watch.changing = (operation) => {
          throw new RangeError(
            `exportOnnx: cannot be written: ${operation} in ${where()} changes a tensor in place; use the operation that makes a new one`,
          );
        };
        try {
          return (model as { forward: (...given: unknown[]) => unknown }).forward(...args); // eslint-disable-line no-restricted-syntax -- what forward takes
        } finally {
          watch.watcher = watcher;
          watch.changing = changing;
        }
      }),
    ),
  );
  return { calls, output };
}
