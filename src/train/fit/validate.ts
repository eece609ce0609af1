/** Loss and metrics of a model on a loader: in evaluation mode, without gradients, from fresh carried states; all is put back. */
import { noGrad } from '../../autograd/mode';
import type { Module } from '../../nn';
import { putAside } from './carried';
import type { ValidationRecord } from './history';
import { MetricSums, type NamedMetrics } from './metrics';
import type { Objective } from './objective';
import { Pass, type Batches, type Turns } from './passes';
import { unlessAborted } from './source';

/** Null when the signal was aborted meanwhile. @throws RangeError for a loader without batches. */
export async function validate(
  model: Module,
  loader: Batches<unknown>,
  objective: Objective,
  metrics: NamedMetrics,
  { turns, signal }: { turns: Turns; signal: AbortSignal | null },
): Promise<ValidationRecord | null> {
  const modes = model.modules().map((module) => [module, module.training] as const);
  const putBack = putAside(model);
  model.eval();
  const sums = new MetricSums(metrics);
  const hasMetrics = metrics.size > 0;
  const pass = new Pass(loader, 0, false);
  let total = 0;
  let batches = 0;
  try {
    for (;;) {
      const given = pass.next();
      const next = given instanceof Promise ? await unlessAborted(given, signal) : given;
      if (next?.done === true) break;
      if (next === null) {
        await pass.close();
        return null;
      }
      total += noGrad(() => {
        if (!hasMetrics) return objective.loss(next.value).item();
        const { loss, prediction } = objective.both(next.value);
        sums.add(prediction[0], prediction[1]);
        return loss.item();
      });
      batches++;
      if (turns.isDue()) await turns.take();
      if (signal?.aborted === true) {
        await pass.close();
        return null;
      }
    }
  } catch (error) {
    await pass.closeQuietly();
    throw error;
  } finally {
    for (const [module, training] of modes) module.training = training;
    putBack();
  }
  if (batches === 0) throw new RangeError('train.fit: the validation loader gave no batches');
  return { loss: total / batches, ...sums.results() };
}
