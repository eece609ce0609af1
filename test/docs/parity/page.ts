// docs/parity.md, made from the names of PyTorch 2.13 (test/fixtures/names.json), what the package exports, and reasons.ts.
import * as ostinato from 'ostinato';
import names from '../../fixtures/names.json';
import { testOf } from './evidence';
import { differences, reasons, spelled } from './reasons';

/** `clip_grad_norm_` → `clipGradNorm_`; classes stay as they are. */
export const camelCase = (name: string): string =>
  name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The value of a dotted name of the package; `Tensor.add` is looked up on the class. */
function valueOf(dotted: string): unknown {
  const parts = dotted.split('.');
  if (parts[0] === 'Tensor') {
    const made = ostinato.tensor([1]);
    return parts[1] in made ? true : undefined;
  }
  return parts.reduce<unknown>(
    (value, part) => (value as Record<string, unknown> | undefined)?.[part],
    ostinato,
  );
}

export interface Row {
  readonly module: string;
  readonly torch: string;
  /** The name here; undefined where it is not. */
  readonly name?: string;
  readonly difference?: string;
  readonly test?: string;
  /** Why it is not here. */
  readonly why?: string;
}

/** A row of each name of PyTorch's; one that is neither here nor has a reason has neither `name` nor `why`. */
export function rows(): Row[] {
  return Object.entries(names).flatMap(([module, list]) =>
    list.map((torch): Row => {
      const places = module === 'torch' ? ['', 'nn.functional.', 'Tensor.'] : [`${module}.`];
      const spellings = places.map((place) => place + camelCase(torch));
      const name = [spelled[`${module}.${torch}`] ?? [], spellings]
        .flat()
        .find((each) => valueOf(each) !== undefined);
      if (name !== undefined) {
        return { module, torch, name, difference: differences[name], test: testOf(name) };
      }
      const reason = reasons.find(
        ({ names: pattern, modules }) =>
          pattern.test(torch) && (modules === undefined || modules.includes(module)),
      );
      return { module, torch, why: reason?.why };
    }),
  );
}

const titles: Readonly<Record<string, string>> = {
  torch: 'torch (functions that a user can override, creation, random numbers, threads)',
  data: 'torch.utils.data',
  'optim.lrScheduler': 'torch.optim.lr_scheduler',
  'optim.swaUtils': 'torch.optim.swa_utils',
};

/** The page. */
export function page(): string {
  const all = rows();
  const modules = [...new Set(all.map(({ module }) => module))];
  const of = (module: string): Row[] => all.filter((row) => row.module === module);
  const counts = modules.map((module) => {
    const list = of(module);
    const here = list.filter(({ name }) => name !== undefined);
    const different = here.filter(({ difference }) => difference !== undefined);
    return `| ${titles[module] ?? `torch.${module}`} | ${list.length} | ${here.length - different.length} | ${different.length} | ${list.length - here.length} |`;
  });
  const sections = modules.map((module) => {
    const list = of(module);
    const here = list.filter(({ name }) => name !== undefined);
    const whys = [...new Set(list.flatMap(({ why }) => why ?? []))];
    const absent = whys.map((why) => {
      const missing = list.filter((row) => row.why === why).map(({ torch }) => `\`${torch}\``);
      return `- ${why}: ${missing.join(', ')}`;
    });
    return [
      `## ${titles[module] ?? `torch.${module}`}`,
      '',
      ...(here.length === 0
        ? []
        : [
            '| PyTorch | here | tested in | difference |',
            '| --- | --- | --- | --- |',
            ...here.map(
              ({ torch, name, test, difference }) =>
                `| \`${torch}\` | \`${name}\` | ${test ?? ''} | ${difference ?? ''} |`,
            ),
            '',
          ]),
      ...(absent.length === 0 ? [] : ['Not here:', '', ...absent, '']),
    ].join('\n');
  });
  return `# What of PyTorch is here

<!-- Written by \`npm run docs:parity\` from test/fixtures/names.json (the public names of PyTorch 2.13) and what the package exports. -->

Every public name of the modules below: here, here with a difference, or not here and why. What is here has PyTorch's defaults,
equations, shapes and errors; "tested in" is the file that holds it to PyTorch's numbers or to its own guarantees. Beside these
files every call is tried with wrong arguments (test/surface) and with PyTorch's own sample inputs (test/conformance). What differs in
general, such as element types, is in [from-pytorch.md](from-pytorch.md).

| module | names | here | with a difference | not here |
| --- | --- | --- | --- | --- |
${counts.join('\n')}

${sections.join('\n')}`;
}
