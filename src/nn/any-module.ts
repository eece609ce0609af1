/** The rule for a module that is given. */
import { rule } from '../check';
import { isMade } from '../tensor/deepcopy';
import { Module } from './module';

// What only has a Module's prototype, and a proxy of a module, has none of its private fields.
function isModule(value: unknown): boolean {
  try {
    return value instanceof Module && value[isMade]();
  } catch {
    return false;
  }
}

export const anyModule = rule<Module>('a Module', isModule);
