/** Options of PyTorch's functions and classes that do not exist here, and what to do without them. */
const onCpu = 'tensors are in the memory of the CPU, so leave it out';
const dense = 'tensors are dense and strided, so leave it out';
const fused = 'a step is always one fused call, so leave it out';

const remedies = new Map([
  ['device', onCpu],
  ['pinMemory', onCpu],
  ['nonBlocking', onCpu],
  ['layout', dense],
  ['memoryFormat', dense],
  ['sparse', dense],
  ['out', 'use the result, or copy it with copy_()'],
  ['inplace', 'use the result, or an in-place form such as relu_()'],
  ['sizeAverage', "use reduction: 'mean', or 'sum' for false"],
  ['reduce', "use reduction: 'none' for false"],
  ['foreach', fused],
  ['fused', fused],
  ['capturable', fused],
  ['differentiable', 'steps of an optimizer are not recorded, so leave it out'],
  ['decoupledWeightDecay', 'use AdamW'],
  ['onlyInputs', 'only the gradients of the inputs are computed, so leave it out'],
  ['numWorkers', 'samples are loaded in this thread, so leave it out'],
  ['enableGqa', 'repeat keys and values for the heads of a group with repeatInterleave()'],
]);

/** Where `option` asks for sparse gradients. */
export function refuseSparse(operation: string, option: string): never {
  throw new RangeError(
    `${operation}: there are no sparse gradients; leave ${option} out, and the same values come dense`,
  );
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** What to do in place of an option of PyTorch's; undefined for no such option, and for one of `names`, which are there. */
export function remedy(name: string, names: readonly string[] = []): string | undefined {
  const ours = camelCase(name);
  return names.includes(ours) ? undefined : remedies.get(ours);
}
