// Checks of a record of optimizers.py: parameters and learning rates after some steps, with parameters and gradients in every
// layout, with gradients of a compiled function, with a closure; and what is refused.
import { compile, nn, optim, type Tensor } from 'ostinato';
import { expectRefusal, expectSame } from './compare';
import { titleOf } from './operations';
import type { Code, Layout, OptimizerRecord, Reader } from './reader';
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
  const run = (layout: Layout, advance: Advance): void => {
    const own = reader.decoder(layout);
    const params = record.first.map((code) => new nn.Parameter(own(code) as Tensor));
    const made = new Class(params, ...options);
    const rates = schedulers.map((scheduler) => schedulerOf(made, scheduler));
    for (const [i, step] of record.steps.entries()) {
      const gradients = (record.closure ? record.steps[0] : step).map((code) => own(code) as Tensor); // prettier-ignore
      advance(made, params, gradients);
      for (const scheduler of rates)
        scheduler.step(
          ...(scheduler instanceof optim.lrScheduler.ReduceLROnPlateau ? [1 + i] : []),
        );
      expectSame(params, record.after[i], reader);
      expectSame(made.paramGroups[0].lr, record.rates[i], reader);
    }
  };
  const loss = record.closure ? bowlOf : productsOf;
  const advance = record.closure ? stepThrough(loss) : stepWith;
  check('steps', () => run('contiguous', advance));
  for (const layout of ['interleaved', 'transposed', 'offset'] as const)
    check(layout, () => run(layout, advance));
  check('compile', () => run('contiguous', stepThrough(compile(loss))));
  check('closure', () => run('contiguous', stepThrough(loss)));
}

/** Makes a step with these gradients. */
type Advance = (made: optim.Optimizer, params: nn.Parameter[], gradients: Tensor[]) => void;

const stepWith: Advance = (made, params, gradients) => {
  params.forEach((p, k) => (p.grad = gradients[k]));
  made.step();
};

/** Σ p·g over parameters p and as many tensors g after them, which are its gradients. */
const productsOf = (...given: Tensor[]): Tensor => {
  const count = given.length / 2;
  const sums = given.slice(0, count).map((p, k) => p.mul(given[count + k]).sum());
  return sums.reduce((a, b) => a.add(b));
};

/** Σ p·g + ½ p² + ⅛ p⁴: a loss with a minimum. */
const bowlOf = (...given: Tensor[]): Tensor => {
  const params = given.slice(0, given.length / 2);
  const squares = params.map((p) => p.square());
  return productsOf(...given)
    .add(productsOf(...params, ...params).div(2))
    .add(productsOf(...squares, ...squares).div(8));
};

/** The gradients come from a loss, by a closure. */
const stepThrough =
  (loss: typeof productsOf): Advance =>
  (made, params, gradients) => {
    made.step(() => {
      made.zeroGrad();
      const value = loss(...params, ...gradients);
      value.backward();
      return value;
    });
  };

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
