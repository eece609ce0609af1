/** updateBn: the statistics of BatchNorm layers, computed anew for averaged weights. */
import { isArray, isIterable, refuse, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { BatchNorm1d } from '../../nn/layers/batch-norm';
import { anyModule } from '../../nn/any-module';
import type { Module } from '../../nn/module';

/**
 * Computes the running statistics of every `BatchNorm1d` of `model` as the plain average over the batches of `loader`
 * (torch.optim.swa_utils.update_bn): those of an averaged model belong to other weights. Each batch is what `model.forward` takes, or an
 * array whose first item is.
 * @throws TypeError for what is not iterable, and what is no Module.
 * @example
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.BatchNorm1d(8));
 * const averaged = new optim.swaUtils.AveragedModel(model);
 * optim.swaUtils.updateBn([randn([16, 4]), randn([16, 4])], averaged);
 * averaged.module.stateDict().get('1.num_batches_tracked')!.item(); // 2
 */
export function updateBn(loader: Iterable<unknown>, model: Module): void {
  if (arguments.length > 2) surplus('updateBn', arguments, 2, 'model');
  if (!isIterable(loader)) refuse('updateBn', 'loader', 'an iterable of batches', loader);
  anyModule.check('updateBn', 'model', model);
  const layers = model
    .modules()
    .filter((each) => each instanceof BatchNorm1d)
    .map((layer) => layer as { momentum: number | null } & typeof layer);
  if (layers.length === 0) return;
  const { training } = model;
  const momenta = layers.map(({ momentum }) => momentum);
  for (const layer of layers) layer.resetRunningStats();
  model.train();
  // Of a null momentum the running statistics are plain averages.
  for (const layer of layers) layer.momentum = null;
  try {
    noGrad(() => {
      for (const batch of loader) model.forward(isArray(batch) ? batch[0] : batch);
    });
  } finally {
    layers.forEach((layer, i) => (layer.momentum = momenta[i]));
    model.train(training);
  }
}
