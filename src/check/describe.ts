/** What an error says of a value: short, and without ever throwing itself. */
import { types } from 'node:util';
import { withArticle } from './article';
import { isClass } from './callable';
import { describeOfAnotherCopy } from './copy';

const longest = 60;

const quoted = (text: string): string => {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return `'${JSON.stringify(short).slice(1, -1).replaceAll('\\"', '"')}'`;
};

function describeFunction(value: object): string {
  if (!isClass(value)) return 'a function';
  const { name } = value as { name: unknown };
  return typeof name === 'string' && name !== '' ? `the class ${name}` : 'a class';
}

function describeArray(value: readonly unknown[]): string {
  const { length } = value;
  const items: string[] = [];
  for (let i = 0; i < length && i < 8; i++) {
    const item = value[i];
    const foreign = describeOfAnotherCopy(item);
    if (foreign !== undefined) return `an array with ${foreign}`;
    if ((typeof item === 'object' && item !== null) || typeof item === 'function') break;
    items.push(describe(item));
  }
  return items.length === length ? `[${items.join(', ')}]` : `an array of ${length}`;
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return describeArray(value);
  const foreign = describeOfAnotherCopy(value);
  if (foreign !== undefined) return foreign;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return 'an object';
  const { constructor } = prototype as { constructor: unknown };
  const name = typeof constructor === 'function' ? (constructor.name as unknown) : '';
  if (typeof name !== 'string' || name === '') return 'an object';
  // Said of a class's object alone, which has private fields that a Proxy has not.
  return types.isProxy(value) ? `a Proxy of ${withArticle(name)}` : withArticle(name);
}

/**
 * `value` in a few words, as they follow "got": `3`, `'sum'`, `null`, `[1, 2]`, `an array of 100`, `a Tensor`,
 * `a Proxy of a Tensor`, `the class LSTM`, `a function`. What another copy of this package has made is said to be that.
 * Whatever the value is, it does not throw: a revoked Proxy is `an object that cannot be read`.
 */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'boolean':
    case 'undefined':
    case 'symbol':
      return String(value);
    case 'object':
    case 'function':
      if (value === null) return 'null';
      try {
        return typeof value === 'function' ? describeFunction(value) : describeObject(value);
      } catch {
        return typeof value === 'function' ? 'a function' : 'an object that cannot be read';
      }
  }
}
