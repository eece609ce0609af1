/** How many threads kernels use: one number for each add-on file that the process has loaded. */
import { positiveInteger, surplus } from '../check';
import { addon } from './instance';

/**
 * How many threads kernels may use (torch.get_num_threads): at first the number of physical cores that
 * the process may run on, or what the environment variable `OSTINATO_NUM_THREADS` says, which must be an integer of at
 * least 1. More than the add-on can use count as the most that it can.
 * @example getNumThreads() > 0 // true
 */
export function getNumThreads(): number {
  if (arguments.length > 0) surplus('getNumThreads', arguments, 0);
  return addon.getNumThreads();
}

/**
 * Sets how many threads kernels may use (torch.set_num_threads), in every thread of JavaScript. Results
 * do not depend on it. More than the add-on can use count as the most that it can.
 * @throws TypeError, RangeError unless `count` is an integer of at least 1.
 * @example setNumThreads(getNumThreads())
 */
export function setNumThreads(count: number): void {
  if (arguments.length > 1) surplus('setNumThreads', arguments, 1, 'count');
  positiveInteger.check('setNumThreads', 'count', count);
  addon.setNumThreads(Math.min(count, addon.maxThreads));
}
