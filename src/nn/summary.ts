/** The parts of a model as a table: layer, shape of what it gives, number of parameters. */
import { guardMethods, isArray, surplus } from '../check';
import { isTensor } from '../tensor/rules';
import { showShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { addForwardHook } from './hooks';

/** A line of a `ModuleSummary`. */
export interface SummaryRow {
  /** Where the module is, as `namedModules` says; `''` for the model itself. */
  readonly name: string;
  /** Its class. */
  readonly type: string;
  /** Shape of each tensor that it gave for the example; null where it was not called, or without an example. */
  readonly outputShapes: readonly (readonly number[])[] | null;
  /** Elements of the parameters that it has itself, without those of modules below; shared ones count where they come first. */
  readonly parameters: number;
  /** Those of `parameters` that require gradients. */
  readonly trainable: number;
}

// Not toLocaleString, which depends on where the program runs.
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/**
 * What `Module.summary` returns: the lines, the totals, and as text a table.
 * @example
 * const { parameters } = new nn.Linear(3, 2).summary(); // 8
 */
export class ModuleSummary {
  /** Elements of all parameters. */
  readonly parameters: number;
  /** Those that require gradients. */
  readonly trainable: number;

  /** @internal */
  constructor(
    /** A line for each module, parents first. */
    readonly rows: readonly SummaryRow[],
  ) {
    const sum = (count: (row: SummaryRow) => number): number =>
      rows.reduce((total, row) => total + count(row), 0);
    this.parameters = sum((row) => row.parameters);
    this.trainable = sum((row) => row.trainable);
  }

  /** The table, its columns aligned. */
  toString(): string {
    if (arguments.length > 0) surplus('ModuleSummary.toString', arguments, 0);
    const shapes = ({ outputShapes }: SummaryRow): string =>
      outputShapes === null ? '' : outputShapes.map(showShape).join(', ');
    const hasShapes = this.rows.some(({ outputShapes }) => outputShapes !== null);
    const lines = [
      ['layer', 'type', 'output', 'parameters', 'trainable'],
      ...this.rows.map((row) => [
        row.name,
        row.type,
        shapes(row),
        grouped(row.parameters),
        grouped(row.trainable),
      ]),
      ['total', '', '', grouped(this.parameters), grouped(this.trainable)],
    ].map((cells) => (hasShapes ? cells : cells.filter((_, i) => i !== 2)));
    const widths = lines[0].map((_, i) =>
      lines.reduce((width, cells) => Math.max(width, cells[i].length), 0),
    );
    // Numbers, the last two columns, end below each other.
    const show = (cells: readonly string[]): string =>
      cells
        .map((cell, i) =>
          i < cells.length - 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
        )
        .join('  ');
    const rule = '-'.repeat(widths.reduce((total, width) => total + width + 2, -2));
    const text = lines.map(show);
    return [text[0], rule, ...text.slice(1, -1), rule, ...text.slice(-1)].join('\n');
  }

  /** @internal For console.log. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** What a summary is made of. */
interface Part {
  ownParameters(): readonly (readonly [name: string, value: Tensor])[];
}

/** The summary of modules by name; `run` calls the model, or is null. */
export function summarize(
  modules: readonly (readonly [name: string, part: Part])[],
  run: (() => void) | null,
): ModuleSummary {
  const outputs = run === null ? new Map<Part, number[][]>() : shapesOf(modules, run);
  const seen = new Set<Tensor>();
  return new ModuleSummary(
    modules.map(([name, part]) => {
      const own = part.ownParameters().flatMap(([, x]) => (seen.has(x) ? [] : [x]));
      for (const x of own) seen.add(x);
      const count = (xs: readonly Tensor[]): number => xs.reduce((n, x) => n + x.numel, 0);
      return {
        name,
        type: part.constructor.name,
        outputShapes: outputs.get(part) ?? null,
        parameters: count(own),
        trainable: count(own.filter((x) => x.requiresGrad)),
      };
    }),
  );
}

function shapesOf(
  modules: readonly (readonly [name: string, part: Part])[],
  run: () => void,
): Map<Part, number[][]> {
  const outputs = new Map<Part, number[][]>();
  const removals = modules.map(([, part]) =>
    addForwardHook(part, (_module, _inputs, output) => {
      outputs.set(part, tensorsIn(output));
    }),
  );
  try {
    run();
  } finally {
    for (const remove of removals) remove();
  }
  return outputs;
}

// Tensors in arrays too, such as [out, [h, c]]; of a packed sequence its data.
function tensorsIn(output: unknown): number[][] {
  if (isTensor(output)) return [[...sizesOf(output)]];
  if (isArray(output)) return output.flatMap(tensorsIn);
  if (typeof output !== 'object' || output === null || !('data' in output)) return [];
  return tensorsIn(output.data);
}

guardMethods(ModuleSummary.prototype);
