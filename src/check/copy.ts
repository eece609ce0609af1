/**
 * Telling this copy of the package from others in the process: a second folder, an emptied `require.cache`,
 * `jest.resetModules()`. Each has classes of its own, so that another's tensor is no instance of this one's `Tensor`.
 */
import { withArticle } from './article';

const mark = Symbol.for('ostinato.copy');
const thisCopy = {};

interface Mark {
  readonly copy: object;
  /** The class, and how what it holds comes to another copy. */
  readonly name: string;
  readonly remedy: string | undefined;
}

/** Marks what inherits from a class as of this copy. */
export function markCopy(
  Class: { readonly prototype: object },
  name: string,
  remedy?: string,
): void {
  const value: Mark = { copy: thisCopy, name, remedy };
  Object.defineProperty(Class.prototype, mark, { value });
  // Vue makes no Proxy of what says this, inside a reactive object either: a Proxy has no private fields.
  Object.defineProperty(Class.prototype, '__v_skip', { value: true });
}

/** The mark of `value`; a Proxy may throw, and what throws is of no copy. */
function markOf(value: unknown): Mark | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return Reflect.get(value, mark) as Mark | undefined;
  } catch {
    return undefined;
  }
}

/** What another copy has marked `value` as, in the words that follow "got"; undefined where none has. */
export function describeOfAnotherCopy(value: unknown): string | undefined {
  const found = markOf(value);
  if (found === undefined || found.copy === thisCopy) return undefined;
  const { name, remedy } = found;
  const what = withArticle(name);
  return remedy === undefined
    ? `${what} of another copy of ostinato in this process; load the package once`
    : `${what} of another copy of ostinato in this process; load the package once, or ${remedy}`;
}
