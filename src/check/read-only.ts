/** What can be read and not assigned: a sentence of ours where JavaScript would name its own classes, or ignore it in silence. */
import { describe } from './describe';

/**
 * Gives each property of `prototype` that has only a getter a setter which refuses. A class keeps what it promises to be
 * readonly in private fields, and has getters for it: whoever assigns `numel` of a tensor must not reach what kernels are given.
 * @param advice what to do instead, by property
 */
export function readOnly(
  owner: string,
  prototype: object,
  advice: Readonly<Record<string, string>> = {},
): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const property = Object.getOwnPropertyDescriptor(prototype, name)!;
    if (property.get === undefined || property.set !== undefined) continue;
    const instead = Object.hasOwn(advice, name) ? `; ${advice[name]}` : '';
    const set = (value: unknown): never => {
      throw new TypeError(`${owner}.${name}: cannot be assigned, got ${describe(value)}${instead}`);
    };
    Object.defineProperty(prototype, name, { ...property, set });
  }
}
