/** Checks of what users pass: options objects, positional arguments, and how a message names a value. */
export { calledAs } from './called-as';
export { isCallable, refuseAbstract } from './callable';
export { describeOfAnotherCopy, markCopy } from './copy';
export { refuseSparse } from './foreign';
export { describe } from './describe';
export { load } from './load';
export { got } from './keyword';
export { nearest } from './nearest';
export { optionsTable, refuseOption, type Fields, type Options, type Resolved } from './options';
export {
  anything,
  arrayOf,
  boolean,
  checkDepth,
  count,
  deepest,
  either,
  finite,
  finiteFrom,
  functionOf,
  instanceOf,
  integer,
  integerBetween,
  integerFrom,
  isArray,
  isInstance,
  isMade,
  isIterable,
  isPlain,
  iterableOf,
  iterated,
  nonNegative,
  number,
  numberBelow,
  numberOrBoolean,
  objectOf,
  oneOf,
  pairOf,
  positive,
  positiveInteger,
  probability,
  recordOf,
  refuse,
  rule,
  string,
  type Field,
  type Plain,
  Rule,
} from './rule';
export { readOnly } from './read-only';
export { Snapshot } from './snapshot';
export { hideRefusal, uncloneable } from './uncloneable';
export { surplus } from './surplus';
export { withDeclaration, withName } from './with-name';
export { aboutReceiver, guardClasses, guardMethods } from './receiver';
