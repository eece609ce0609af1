/** Which operation made the first number that is none: the step is run again, and its graph is followed from the loss down. */
import { detectAnomaly, watchResults } from '../../autograd/anomaly';
import { noGrad, withGradMode } from '../../autograd/mode';
import type { Node } from '../../autograd/node';
import { isArray, isPlain } from '../../check';
import type { Module } from '../../nn';
import { isFloat } from '../../tensor/dtype';
import { isTensor } from '../../tensor/rules';
import { historyOf, elementsOf, type Tensor } from '../../tensor/tensor';
import { eachIn, eachOf, tensorsIn } from './batch';
import { isFinite } from './weight-copies';

type Bad = 'NaN' | 'an infinity';

function badOf(x: Tensor): Bad | null {
  if (!isFloat(x.dtype) || isFinite(x)) return null;
  return elementsOf(x, x.reach()).some((value) => Number.isNaN(value)) ? 'NaN' : 'an infinity';
}

/** `log (LogBackward0)`. */
function shown(name: string): string {
  const short = name.replace(/Backward\d*$/, '');
  return short === name ? name : `${short.charAt(0).toLowerCase()}${short.slice(1)} (${name})`;
}

/** The batch with tensors of floats that require gradients, so that every operation on them is recorded. */
function recorded(value: unknown, depth = 0): unknown {
  const inner = (one: unknown): unknown => recorded(one, depth + 1);
  if (isTensor(value)) return isFloat(value.dtype) ? value.detach().requiresGrad_() : value;
  if (isArray(value)) return eachOf(value, depth, inner);
  return isPlain(value) ? eachIn(value, depth, inner) : value;
}

/** Runs `body`, and says of each moment which of the model's modules is running. */
function withNames<R>(model: Module, body: (current: () => string) => R): R {
  const running: string[] = [];
  const hooks = model
    .namedModules()
    .flatMap(([name, module]) => [
      module.registerForwardPreHook(() => void running.push(name)),
      module.registerForwardHook(() => void running.pop()),
    ]);
  try {
    return body(() => running.at(-1) ?? '');
  } finally {
    for (const remove of hooks) remove.remove();
  }
}

class Forward {
  readonly #bad = new Map<object, Bad>();
  readonly #seen = new Set<object>();
  readonly #places = new Map<object, string>();
  #last: object | null = null;

  constructor(model: Module, loss: () => Tensor) {
    withGradMode(true, () =>
      withNames(model, (current) => {
        const found = watchResults((node, out) => {
          this.#seen.add(node);
          const bad = badOf(out);
          if (bad === null) return;
          this.#bad.set(node, bad);
          this.#places.set(node, current());
        }, loss);
        this.#last = historyOf(found);
      }),
    );
  }

  // A node of several results has none of its own, but those that select them.
  #inputs(node: Node): Node[] {
    return node.next.flatMap((one) => {
      if (one === null || one.leaf !== null) return [];
      return this.#seen.has(one) ? [one] : this.#inputs(one);
    });
  }

  /** `log (LogBackward0) in 'fc'`. */
  #name(node: Node): string {
    const place = this.#places.get(node) ?? '';
    return shown(node.name) + (place === '' ? '' : ` in '${place}'`);
  }

  /** From the loss down to what all of it came from. */
  first(): string | null {
    let node = this.#last as Node | null;
    if (node === null || !this.#bad.has(node)) return null;
    let made: Node | null = null;
    for (;;) {
      const before = this.#inputs(node);
      const next =
        before.find((one) => this.#bad.get(one) === 'NaN') ??
        before.find((one) => this.#bad.has(one));
      if (next === undefined) break;
      if (this.#bad.get(node) === 'NaN' && this.#bad.get(next) !== 'NaN') made = node;
      node = next;
    }
    const what = `${this.#name(node)} was the first to make ${this.#bad.get(node)!}`;
    return made === null ? what : `${what}, of which ${this.#name(made)} made NaN`;
  }
}

/**
 * What made the loss of a batch no finite number; null where running it again does not say.
 * @param before the batches of the same step that came before it, which draw the numbers that they drew
 */
export function firstInForward(
  model: Module,
  loss: (batch: unknown) => Tensor,
  before: readonly unknown[],
  batch: unknown,
): string | null {
  const bad = tensorsIn(batch)
    .map(badOf)
    .find((one) => one !== null);
  if (bad !== undefined) return `the batch itself holds ${bad}`;
  try {
    noGrad(() => before.forEach(loss));
    return new Forward(model, () => loss(recorded(batch))).first();
  } catch {
    return null;
  }
}

/** Which operation's gradient was the first that is NaN; null where running the batches again does not say. */
export function firstInBackward(
  loss: (batch: unknown) => Tensor,
  batches: readonly unknown[],
): string | null {
  for (const batch of batches) {
    try {
      detectAnomaly(() => withGradMode(true, () => loss(batch).backward()));
    } catch (error) {
      const found = /^backward: (\w+) returned NaN/.exec((error as Error).message);
      if (found !== null) return `the gradient of ${shown(found[1])} was the first to be NaN`;
    }
  }
  return null;
}

/** `NaN in 'fc.weight'`: what no update of this training has made; null where there is none. */
export function foundIn(model: Module): string | null {
  for (const [name, x] of model.namedParameters()) {
    const bad = badOf(x);
    if (bad !== null) return `${bad} in '${name}'`;
  }
  // An infinity in a buffer is a mask.
  const buffer = model.namedBuffers().find(([, x]) => badOf(x) === 'NaN');
  return buffer === undefined ? null : `NaN in '${buffer[0]}'`;
}
