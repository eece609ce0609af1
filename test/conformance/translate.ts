// From PyTorch's call to ours: names in camelCase, arguments by position or in the options object, as api.md's one rule says.
import * as ostinato from 'ostinato';
import { Tensor, type DType } from 'ostinato';
import { publicCalls, type PublicCall } from '../surface/surface';
import { isGap, type Code, type Named } from './reader';

type Callable = (...args: unknown[]) => unknown;

export interface Target {
  /** As a user writes it: `add`, `nn.functional.gelu`, `x.exponential_`. */
  readonly name: string;
  readonly call: Callable;
  readonly positional: readonly string[];
  readonly options: ReadonlySet<string>;
  /** Arguments go by PyTorch's order alone. */
  readonly isOrdered: boolean;
  /** Draws numbers, in the order of memory. */
  readonly isRandom: boolean;
  /** Its elements have no values. */
  readonly isUninitialised: boolean;
}

const plain = (name: string): string =>
  name.startsWith('__') ? name : name.replaceAll('_', '').toLowerCase();
const camelCase = (name: string): string =>
  name.replace(/(?<=[a-z0-9])_([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());

const calls = publicCalls();
const byName = new Map<string, PublicCall>();
// Functions before classes (slice, Slice) and in-place forms last (fill, fill_): the first of a name is taken.
const rank = ({ name, kind }: PublicCall): number =>
  Number(name.endsWith('_')) + 2 * Number(kind === 'constructor' && !/^(nn|optim)\./.test(name));
for (const call of [...calls].sort((a, b) => rank(a) - rank(b)))
  if (!byName.has(plain(call.name))) byName.set(plain(call.name), call);

/** Entries of OpInfo whose call is another one here. */
const special: Record<string, Callable> = {
  __getitem__: (x, index) => (x as Tensor).at(...(index as never[])),
  meshgrid: (...given) => {
    const lists = given.filter((x) => Array.isArray(x));
    const list = lists.length > 0 ? lists[0] : given.filter((x) => x instanceof Tensor);
    const options = given.filter((x) => !Array.isArray(x) && !(x instanceof Tensor));
    return (ostinato.meshgrid as Callable)(list, ...options);
  },
  mT: (x) => (x as Tensor).mT,
  to: (x, ...given) => {
    const to = given.find((one) => one instanceof Tensor || /^(float|int|bool)/.test(String(one)));
    return to === undefined ? x : (x as Tensor).to((to instanceof Tensor ? to.dtype : to) as DType);
  },
};
/** Functions of several signatures: what is no option goes by PyTorch's order, without what was left out in front. */
const ordered = new Set(['arange', 'randint', 'randintLike', 'normal', 'slice', 'where']);
const uninitialised = new Set(['empty', 'emptylike', 'newempty', 'newemptystrided']);
const random = /^(rand|bernoulli|normal|multinomial|exponential|uniform|dropout|alphadropout)/;
/** Methods whose tensor is not the function's first argument: x.where(condition, other), x.polygamma(n). */
export const receivers: Partial<Record<string, number>> = { where: 1, polygamma: 1, polygamma_: 1 };

/** The names that exist, as samples.py asks for them. */
export const existing = (): string[] => [...byName.keys(), ...Object.keys(special).map(plain)];

function at(path: string): unknown {
  let found: unknown = ostinato;
  for (const part of path.split('.')) found = (found as Record<string, unknown>)[part];
  return found;
}

const isOptions = (name: string): boolean => name === 'options' || name === 'given';

function described(name: string, call: Callable, from: PublicCall | undefined): Target {
  const parameters = from === undefined || ordered.has(from.name) ? [] : from.parameters;
  const base = plain(name).split('.').pop()!;
  return {
    name,
    call,
    // The last parameter may be called otherwise where it is a number as well (`dim` of split).
    positional: parameters.filter(
      (one, i) => !isOptions(one) && !(from!.options.length > 0 && i === parameters.length - 1),
    ),
    options: new Set(from?.options ?? []),
    isOrdered: parameters.length === 0,
    isRandom: random.test(base),
    isUninitialised: uninitialised.has(base),
  };
}

/** Our function for an entry of op_db, our constructor for one of module_db or optim_db. */
export function target(name: string): Target | undefined {
  const call = byName.get(plain(name));
  const own = special[name];
  if (own !== undefined) return described(name, own, name === 'to' ? undefined : call);
  if (call !== undefined && call.name.endsWith('_') === name.endsWith('_'))
    return described(call.name, at(call.name) as Callable, call);
  // torch.fill is fill_ on a copy; that of an entry of in-place calls is a copy of its input too.
  const key = `tensor.${plain(name)}`;
  const names = calls.filter((one) => plain(one.name) === key).map((one) => one.name.slice(7));
  const method = names.find((one) => one.endsWith('_') === name.endsWith('_')) ?? names[0];
  const found = method === undefined ? undefined : methodOf(method);
  if (found === undefined || !method.endsWith('_')) return found;
  return { ...found, call: (x, ...rest) => found.call((x as Tensor).clone(), ...rest) };
}

/** Whether an entry's call has no method of the same arguments. */
export const isSpecial = (name: string): boolean => name in special;

/** The method of a name; its parameters are those of the function, which it is made from. */
export function methodOf(name: string): Target | undefined {
  const found = (Tensor.prototype as unknown as Record<string, unknown>)[name];
  if (typeof found !== 'function') return undefined;
  const place = receivers[name] ?? 0;
  const call: Callable = (...args) => (found as Callable).apply(args[place], args.toSpliced(place, 1)); // prettier-ignore
  const own = calls.find((one) => one.name === `Tensor.${name}`);
  const method = own && { ...own, parameters: ['self', ...own.parameters] };
  return described(`x.${name}`, call, calls.find((one) => one.name === name) ?? method);
}

/** The forward of a layer, by its own parameters. */
export function forwardOf(layer: string): Pick<Target, 'positional' | 'options' | 'isOrdered'> {
  const own = calls.find(({ name }) => name === `${layer}.forward`);
  if (own === undefined) return { positional: [], options: new Set(), isOrdered: true };
  return described(own.name, () => undefined, own);
}

/** The arguments of a call: [positional..., options]. PyTorch's None is an argument that is left out, except in an index. */
export function translate(
  to: Pick<Target, 'positional' | 'options' | 'isOrdered'>,
  named: Named,
  decode: (code: Code) => unknown,
): unknown[] {
  const args: unknown[] = [];
  const options: Record<string, unknown> = {};
  const given = to.isOrdered ? named.slice(named.findIndex(([, code]) => !isGap(code))) : named;
  let moved = 0;
  for (const [i, [name, code]] of given.entries()) {
    const value = isGap(code) || code === null ? undefined : decode(code);
    const key = name === null ? undefined : camelCase(name);
    if (key !== undefined && to.options.has(key)) {
      moved++;
      if (value !== undefined) options[key] = value;
      continue;
    }
    const place = key === undefined ? -1 : to.positional.indexOf(key);
    const isPositional = i - moved < to.positional.length || key === undefined || to.isOrdered;
    if (place >= 0 || isPositional) args[place >= 0 ? place : i - moved] = value;
    else if (value !== undefined) options[key] = value;
  }
  if (Object.keys(options).length === 0) return args;
  const count = Math.max(to.positional.length, args.length);
  return [...Array.from({ length: count }, (_, i) => args[i]), options];
}
