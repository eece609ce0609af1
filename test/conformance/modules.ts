// Checks of a record of modules.py: first parameters, results, gradients and second derivatives of a layer.
import type { nn } from 'ostinato';
import { compile, manualSeed, Tensor } from 'ostinato';
import { expectBits, expectRefusal, expectSame, listOf } from './compare';
import { differentiate, seed, tensorsIn, titleOf } from './operations';
import type { Code, Layout, ModuleRecord, Reader } from './reader';
import type { Report } from './report';
import { forwardOf, target, translate } from './translate';

type AnyModule = nn.Module & { forward(...args: unknown[]): unknown };

export function checkModule(record: ModuleRecord, reader: Reader, report: Report): void {
  const to = target(`nn.${record.module}`)!;
  const forward = forwardOf(to.name);
  const Class = to.call as unknown as new (...args: unknown[]) => AnyModule;
  const mode = record.training ? 'training' : 'evaluation';
  const given = record.args === undefined ? '' : ` of ${titleOf(record.args)}`;
  const title = `${titleOf(record.constructor)}${given} ${record.dtype} in ${mode}`;
  const make = (): AnyModule => {
    manualSeed(seed);
    return new Class(...translate(to, record.constructor, reader.decoder()));
  };
  const ready = (): AnyModule => {
    const made = make();
    if (record.dtype === 'float64') made.double();
    made.train(record.training);
    return made;
  };
  const argsOf = (layout?: Layout): unknown[] =>
    translate(forward, record.args ?? [], reader.decoder(layout));
  const check = (what: string, run: () => void): void =>
    report.check('layer', to.name, `${what} ${title}`, run);

  if (record.kind === 'error' || record.error !== undefined) {
    check('error', () =>
      expectRefusal(
        () => (record.args === undefined ? make() : ready().forward(...argsOf())),
        record.error ?? '',
      ),
    );
    return;
  }
  const run = (layout?: Layout) => {
    const made = ready();
    const args = argsOf(layout);
    manualSeed(seed);
    const outs = listOf(made.forward(...args));
    const leaves = [...tensorsIn(...args).filter((x) => x.requiresGrad), ...made.parameters()];
    return { outs, leaves };
  };
  const gradients = (layout?: Layout): void => {
    const { outs, leaves } = run(layout);
    const { first } = differentiate(outs, leaves, record, reader, false);
    expectSame(first, record.gradients as Code, reader);
  };
  check('first parameters', () => {
    const state = make().stateDict();
    expectSame([...state.keys()].join(), Object.keys(record.initial).join(), reader);
    for (const [key, x] of state) expectSame(x, record.initial[key], reader);
  });
  check('output', () => expectSame(run().outs, record.out as Code, reader));
  if (record.gradients !== undefined) check('gradient', () => gradients());
  if (record.second !== undefined)
    check('second derivative', () => {
      const { outs, leaves } = run();
      const { second } = differentiate(outs, leaves, record, reader, true);
      expectSame(second, record.second as Code, reader, { nullIsZero: true });
    });
  for (const layout of ['interleaved', 'transposed', 'offset'] as const)
    check(layout, () => {
      expectSame(run(layout).outs, record.out as Code, reader);
      if (record.gradients !== undefined) gradients(layout);
    });
  check('compile', () => {
    const [plain, made] = [ready(), ready()];
    const args = argsOf();
    const tensors = tensorsIn(...args);
    const replaced = (x: unknown, by: readonly Tensor[]): unknown => {
      if (x instanceof Tensor) return by[tensors.indexOf(x)];
      return Array.isArray(x) ? x.map((one) => replaced(one, by)) : x;
    };
    const compiled = compile((...by: Tensor[]) => listOf(made.forward(...(replaced(args, by) as unknown[]))) as Tensor[]); // prettier-ignore
    manualSeed(seed);
    const expected = listOf(plain.forward(...args)) as Tensor[];
    manualSeed(seed);
    const actual = compiled(...tensors);
    actual.forEach((x, i) => expectBits(x, expected[i]));
    if (record.gradients === undefined) return;
    const inputs = tensors.filter((x) => x.requiresGrad);
    const of = (outs: Tensor[], from: AnyModule): (Tensor | null)[] =>
      differentiate(outs, [...inputs, ...from.parameters()], record, reader, false).first;
    const wanted = of(expected, plain);
    of(actual, made).forEach((x, i) => expectBits(x, wanted[i]));
  });
}
