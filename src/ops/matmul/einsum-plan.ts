/** What einsum does for an equation and operands of certain shapes: found once, and kept for calls with the same. */
import { describe } from '../../check';
import { numelOf, sameShape, showShape, type Shape } from '../../tensor/shape';
import { contractionOf, droppedBy, orderOf, type Contraction, type Labelled } from './contraction';
import { parse, type Equation, type Subscripts } from './equation';

/** The contraction of operands i and j > i, whose result takes i's place. */
interface Step {
  readonly i: number;
  readonly j: number;
  /** Whether j is the first factor. */
  readonly isReversed: boolean;
  readonly contraction: Contraction;
}

export interface Plan {
  readonly shapes: readonly Shape[];
  /** Of each operand: the pairs of dimensions that become their diagonal, in place of the first, one after the other. */
  readonly diagonals: readonly (readonly (readonly [number, number])[])[];
  /** Of each operand: the dimensions of size 1 that broadcast, which the products lack; null for none. */
  readonly squeezed: readonly (readonly number[] | null)[];
  readonly steps: readonly Step[];
  /** What is summed over in the end, and the order of what remains. */
  readonly sum: readonly number[] | null;
  readonly order: readonly number[] | null;
}

// Dimensions under ... are labelled from the last: '0', '1', …, as they broadcast.
const isHidden = (label: string): boolean => /\d/.test(label);

function spelled({ labels, ellipsis }: Subscripts, hidden: number): string[] {
  if (ellipsis < 0) return labels.slice();
  const between = Array.from({ length: hidden }, (_, i) => String(hidden - 1 - i));
  return [...labels.slice(0, ellipsis), ...between, ...labels.slice(ellipsis)];
}

function labelled({ text: equation }: Equation, of: Subscripts, sizes: Shape, i: number): Labelled {
  const { labels, ellipsis, text } = of;
  const hidden = sizes.length - labels.length;
  if (ellipsis < 0 ? hidden !== 0 : hidden < 0) {
    throw new RangeError(
      `einsum: '${text}' has ${labels.length} subscripts, but operands[${i}] has ${sizes.length} dimensions (shape ${showShape(sizes)}) in '${equation}'`,
    );
  }
  return { sizes, labels: spelled(of, hidden) };
}

function withoutRepeats(
  { text }: Equation,
  one: Labelled,
  i: number,
): readonly [pairs: (readonly [number, number])[], rest: Labelled] {
  const [labels, sizes] = [one.labels.slice(), one.sizes.slice()];
  const pairs: (readonly [number, number])[] = [];
  for (let d = 0; d < labels.length; d++) {
    for (let e = labels.lastIndexOf(labels[d]); e > d; e = labels.lastIndexOf(labels[d])) {
      if (sizes[d] !== sizes[e]) {
        throw new RangeError(
          `einsum: subscript '${labels[d]}' is repeated, so its sizes must be equal, got ${sizes[d]} and ${sizes[e]} of operands[${i}] in '${text}'`,
        );
      }
      pairs.push([d, e]);
      labels.splice(e, 1);
      sizes.splice(e, 1);
    }
  }
  return [pairs, { labels, sizes }];
}

/** The size of each label, to which dimensions of size 1 broadcast. */
function sizesByLabel({ text }: Equation, operands: readonly Labelled[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const [i, { sizes, labels }] of operands.entries()) {
    for (const [d, label] of labels.entries()) {
      const known = all.get(label) ?? 1;
      const size = sizes[d];
      if (known !== 1 && size !== 1 && known !== size) {
        const what = isHidden(label) ? 'a dimension of ...' : `subscript '${label}'`;
        throw new RangeError(
          `einsum: ${what} has size ${size} in operands[${i}], but ${known} before in '${text}'`,
        );
      }
      all.set(label, known === 1 ? size : known);
    }
  }
  return all;
}

/** The labels of the result: as the equation says, or those that occur once, in the order of the alphabet, after .... */
function outputOf({ output, inputs }: Equation, operands: readonly Labelled[]): string[] {
  const counts = operands.map(({ labels }) => labels.filter(isHidden).length);
  const hidden = counts.reduce((a, b) => Math.max(a, b), 0);
  if (output !== null) return spelled(output, hidden);
  const all = inputs.flatMap(({ labels }) => labels);
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  return spelled({ text: '', labels: once, ellipsis: 0 }, hidden);
}

type Keeps = (label: string) => boolean;

/** The next two operands: those whose product has the fewest elements compared to their own. */
function nextPair(
  operands: readonly Labelled[],
  sizes: ReadonlyMap<string, number>,
  keepsWithout: (i: number, j: number) => Keeps,
): readonly [number, number] {
  let [best, cost]: [readonly [number, number], number] = [[0, 1], Infinity];
  const sizeOf = (labels: readonly string[]): number =>
    numelOf(labels.map((label) => sizes.get(label)!));
  for (let i = 0; operands.length > 2 && i < operands.length; i++) {
    for (let j = i + 1; j < operands.length; j++) {
      const [a, b] = [operands[i].labels, operands[j].labels];
      const product = [...new Set([...a, ...b])].filter(keepsWithout(i, j));
      const growth = sizeOf(product) - sizeOf(a) - sizeOf(b);
      if (growth < cost) [best, cost] = [[i, j], growth];
    }
  }
  return best;
}

// Whether the result's last label is the first operand's own: the other order gives it contiguous.
function reversed(a: Labelled, b: Labelled, output: readonly string[]): boolean {
  const last = output.at(-1);
  return last !== undefined && a.labels.includes(last) && !b.labels.includes(last);
}

function made(equation: Equation, shapes: readonly Shape[]): Plan {
  const { inputs, text } = equation;
  if (inputs.length !== shapes.length) {
    throw new RangeError(
      `einsum: '${text}' has subscripts for ${inputs.length} operands, got ${describe(shapes.length)}`,
    );
  }
  const whole = shapes.map((sizes, i) =>
    withoutRepeats(equation, labelled(equation, inputs[i], sizes, i), i),
  );
  const operands = whole.map(([, rest]) => rest);
  const output = outputOf(equation, operands);
  const sizes = sizesByLabel(equation, operands);
  const narrowed = operands.map((one) => {
    const lost = one.labels.filter((label, d) => one.sizes[d] === 1 && sizes.get(label) !== 1);
    return droppedBy(one, (label) => !lost.includes(label));
  });
  const rest = narrowed.map(([, one]) => one);
  const keepsWithout =
    (i: number, j: number): Keeps =>
    (label) =>
      output.includes(label) ||
      rest.some(({ labels }, k) => k !== i && k !== j && labels.includes(label));
  const steps: Step[] = [];
  while (rest.length > 1) {
    const [i, j] = nextPair(rest, sizes, keepsWithout);
    const isReversed = reversed(rest[i], rest[j], output);
    const [a, b] = isReversed ? [rest[j], rest[i]] : [rest[i], rest[j]];
    const contraction = contractionOf(a, b, keepsWithout(i, j));
    steps.push({ i, j, isReversed, contraction });
    rest.splice(j, 1);
    rest.splice(i, 1, contraction.result);
  }
  const [sum, { labels }] = droppedBy(rest[0], (label) => output.includes(label));
  return {
    shapes,
    diagonals: whole.map(([pairs]) => pairs),
    squeezed: narrowed.map(([dims]) => dims),
    steps,
    sum,
    order: orderOf(labels, output),
  };
}

interface Known {
  readonly equation: Equation;
  /** The last one. */
  plan: Plan | null;
}
// Of a program's equations, which are few; forgotten where a program makes them up.
const known = new Map<string, Known>();
const most = 256;

function isFor(plan: Plan, shapes: readonly Shape[]): boolean {
  if (plan.shapes.length !== shapes.length) return false;
  for (let i = 0; i < shapes.length; i++) {
    if (!sameShape(plan.shapes[i], shapes[i])) return false;
  }
  return true;
}

/** @throws RangeError for text that is no equation, and for operands that do not fit it. */
export function planOf(text: string, shapes: readonly Shape[]): Plan {
  let entry = known.get(text);
  if (entry === undefined) {
    entry = { equation: parse(text), plan: null };
    if (known.size >= most) known.clear();
    known.set(text, entry);
  }
  if (entry.plan !== null && isFor(entry.plan, shapes)) return entry.plan;
  entry.plan = made(
    entry.equation,
    shapes.map((shape) => shape.slice()),
  );
  return entry.plan;
}
