// A call that works of everything public: the arguments that test/surface/surface.test.ts then spoils one by one. Entries are made
// anew for each call, since some change what they are given. `options` holds every option of the call, each with a value that
// works beside the others; a method also has the object that it is called on. Methods of Tensor without an entry of their own
// are called as the function of their name, on its first argument; in-place forms as the operation they end in.
import * as o from 'ostinato';
import type { PublicCall } from '../surface';
import { activations, elementwise, elementwiseMethods } from './elementwise';
import { laws } from './distributions';
import { elsewhere, generation } from './elsewhere';
import { init, layers, moduleMethods, utils } from './layers';
import { on, type Make, type Sample } from './make';
import {
  classTargets,
  creation,
  functional,
  losses,
  operations,
  tensorMethods,
} from './operations';
import { optimizers, samples, schedulers } from './training';

const { nn } = o;

const prefixed = (prefix: string, table: Record<string, Make>): Record<string, Make> =>
  Object.fromEntries(Object.entries(table).map(([name, make]) => [prefix + name, make]));

const table: Readonly<Record<string, Make>> = {
  ...creation,
  ...operations,
  ...elementwise,
  ...losses,
  ...elsewhere,
  ...prefixed('nn.', layers),
  ...prefixed('nn.Module.', moduleMethods),
  ...prefixed('nn.functional.', { ...functional, ...activations }),
  ...prefixed('nn.init.', init),
  ...prefixed('nn.utils.', utils),
  ...prefixed('optim.', optimizers),
  ...prefixed('optim.lrScheduler.', schedulers),
  ...prefixed('data.', samples),
  ...prefixed('distributions.', laws),
  ...prefixed('generate.', generation),
  ...prefixed('Tensor.', { ...tensorMethods, ...elementwiseMethods }),
};

/** The lines for a loss layer's `forward`, a layer's `extraRepr` and the like, made from its constructor's. */
function derived(name: string): Sample | null {
  const method = /^nn\.(\w+)\.(extraRepr|resetParameters|forward)$/.exec(name);
  if (method !== null) {
    const [, layer, called] = method;
    const make = table[`nn.${layer}`] as Make | undefined;
    if (make === undefined) return null;
    const made = construct(nn[layer as 'Linear'], make());
    if (called !== 'forward') return on(made);
    return layer === 'CrossEntropyLoss' || layer === 'NLLLoss' ? on(made, ...classTargets()) : null;
  }
  const isMethod = name.startsWith('Tensor.');
  const operation = name.slice(isMethod ? 'Tensor.'.length : 0).replace(/_$/, '');
  const make = table[operation] as Make | undefined;
  if (make === undefined) return null;
  if (!isMethod) return make();
  const { args, options } = make();
  const [first, ...rest] = args;
  return { on: first as object, args: rest, options };
}

const construct = (Class: unknown, { args, options }: Sample): object =>
  new (Class as new (...all: unknown[]) => object)(...args, ...(options ? [options] : []));

/** The call that works of a public name, or null where the table has none. */
export const sampleOf = (name: string): Sample | null =>
  Object.hasOwn(table, name) ? table[name]() : derived(name);

/** Every name that has a line of its own. */
export const sampledNames: readonly string[] = Object.keys(table);

function valueOf(name: string): unknown {
  let value: unknown = o;
  for (const part of name.split('.')) value = (value as Record<string, unknown>)[part];
  return value;
}

/** Makes the call; what it gives is awaited or walked through no further than the first step. */
export function makeCall({ name, kind }: PublicCall, sample: Sample): unknown {
  const all = [...sample.args, ...(sample.options === undefined ? [] : [sample.options])];
  if (kind === 'constructor') return construct(valueOf(name), { args: all });
  if (kind === 'method') {
    const method = name.slice(name.lastIndexOf('.') + 1);
    return (sample.on as Record<string, (...args: unknown[]) => unknown>)[method](...all);
  }
  return (valueOf(name) as (...args: unknown[]) => unknown)(...all);
}

export { folder, type Sample } from './make';
