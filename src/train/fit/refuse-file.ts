/** What is said of a checkpoint that holds other things than `train.fit` writes. */

/** @throws RangeError always. */
export function refuseFile(why: string): never {
  throw new RangeError(`train.fit: the checkpoint is not of a training like this one: ${why}`);
}
