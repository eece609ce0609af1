/** The rule for a module that is given: made by its class, which a proxy and an object of the prototype alone are not. */
import { instanceOf } from '../check';
import { Module } from './module';

export const anyModule = instanceOf(Module, 'a Module');
