// Checks of a record of optimizers.py: parameters and learning rates after some steps, and what is refused.
import type { Tensor } from 'ostinato';
import { nn, optim } from 'ostinato';
import { expectRefusal, expectSame } from './compare';
import { titleOf } from './operations';
import type { Code, OptimizerRecord, Reader } from './reader';
import type { Report } from './report';
import { target, translate } from './translate';

type Scheduler = { step(metrics?: number): void };
type Constructor<T> = new (...args: unknown[]) => T;

export function checkOptimizer(record: OptimizerRecord, reader: Reader, report: Report): void {
  const to = target(`optim.${record.optimizer}`)!;
  const decode = reader.decoder();
  const options = translate({ ...to, positional: ['params'] }, [['params', []], ...record.options], decode).slice(1); // prettier-ignore
  const schedulers = record.schedulers ?? [];
  if (schedulers.some(([name]) => target(`optim.lrScheduler.${name}`) === undefined)) return;
  const title = `${titleOf(record.options)} ${record.dtype} ${schedulers.map(([name]) => name).join(' ')}`;
  const Class = to.call as unknown as Constructor<optim.Optimizer>;
  const check = (what: string, run: () => void): void =>
    report.check('optimizer', to.name, `${what} ${title}`, run);

  if (record.error !== undefined) {
    check('error', () =>
      expectRefusal(() => {
        const made = new Class(groups(record.params, decode), ...options);
        if (record.on === 'step') made.step();
      }, record.error!),
    );
    return;
  }
  check('steps', () => {
    const params = record.first.map((code) => new nn.Parameter(decode(code) as Tensor));
    const made = new Class(params, ...options);
    const own = schedulers.map((scheduler) => schedulerOf(made, scheduler));
    for (const [i, step] of record.steps.entries()) {
      params.forEach((p, k) => (p.grad = decode(step[k]) as Tensor));
      made.step();
      for (const scheduler of own)
        scheduler.step(
          ...(scheduler instanceof optim.lrScheduler.ReduceLROnPlateau ? [1 + i] : []),
        );
      expectSame(params, record.after[i], reader);
      expectSame(made.paramGroups[0].lr, record.rates[i], reader);
    }
  });
}

function schedulerOf(
  made: optim.Optimizer,
  [name, args, named]: OptimizerRecord['schedulers'][number],
): Scheduler {
  const to = target(`optim.lrScheduler.${name}`)!;
  const rest: OptimizerRecord['options'] = [...args.map((x): [null, Code] => [null, x]), ...named];
  const Class = to.call as unknown as Constructor<Scheduler>;
  const translated = translate(to, [['optimizer', 0], ...rest], (x) => x);
  translated[0] = made;
  return new Class(...translated);
}

function groups(x: unknown, decode: (code: Code) => unknown): unknown {
  if (Array.isArray(x)) return x.map((one) => groups(one, decode));
  if (typeof x === 'object' && x !== null && 'group' in x) {
    const entries = x.group as [string, unknown][];
    return Object.fromEntries(entries.map(([k, v]) => [k, groups(v, decode)]));
  }
  return decode(x as Code);
}
