/**
 * Chains: runs of elementwise calls that can be computed tile by tile, all of them on some rows before any on the next
 * (native/binding/replay.h). What only a chain uses then never leaves the caches. Each element is computed
 * by the same operations as before, so no bit changes.
 */
import {
  ChainStepAt,
  pushChainAddress,
  pushChainCall,
  pushChainStep,
} from '../native/program-format';
import { constants } from '../native/instance';
import { firstSizeAt, readWalk } from '../native/recording';
import { planBuffers } from './plan';
import type { Buffer, Call, Pointer } from './trace';

/** The layout of an operand: `rows` rows, `rowStep` bytes apart, each `columns` elements, `columnStep` (0 or 1) apart. */
interface Operand {
  readonly pointer: Pointer;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** A call seen as rows. */
export interface Link {
  readonly call: Call;
  readonly columns: number;
  readonly operands: readonly Operand[];
  /** The argument that says how many rows or elements there are, and how many of them a row is. */
  readonly countAt: number;
  readonly perRow: number;
}

export interface Chain {
  readonly rows: number;
  readonly tileRows: number;
  readonly links: readonly Link[];
  /** Offset in a worker's scratch memory of a tile of a buffer that no other step uses. */
  readonly local: ReadonlyMap<Buffer, number>;
}

export type Step = Call | Chain;

export const isChain = (step: Step): step is Chain => 'links' in step;

// The size of a tile of all buffers. L1 holds what one call passes to the next, L2 all of it; smaller tiles were
// measured slower, by the cost of calling each kernel on them.
const tileBytes = 96 << 10;
// A longer row is no part of a tile; its call shares its work among threads by itself.
const mostColumns = 4096;
const mostLocalBytes = 80 << 10;
// Each link may write one such buffer, and all of them fit into a worker's scratch memory.
const mostLinks = Math.min(96, Math.floor(constants.work.scratchBytes / mostLocalBytes));

// How many rows a call has by itself: of two dimensions the first, of one any divisor of its elements.
interface Extent {
  readonly dims: number;
  readonly first: number;
  readonly second: number;
}
function extentOf({ args, strided, pointers }: Call): Extent | null {
  if (strided < 0) return null;
  const { dims, operands, sizes } = readWalk(args, strided);
  if ((dims !== 1 && dims !== 2) || operands !== pointers.length) return null;
  return { dims, first: sizes[0], second: dims === 2 ? sizes[1] : 1 };
}

// The call over `rows` rows, or null where it has no such rows.
function linkOf(call: Call, rows: number): Link | null {
  const extent = extentOf(call);
  if (extent === null) return null;
  const { dims, first, second } = extent;
  const flat = dims === 1;
  if (flat ? first % rows !== 0 : first !== rows) return null;
  const columns = flat ? first / rows : second;
  if (columns < 1 || columns > mostColumns) return null;
  const { args, pointers, strided } = call;
  const { strides } = readWalk(args, strided);
  const operands: Operand[] = [];
  for (const [i, pointer] of pointers.entries()) {
    const [step, inner] = strides[i];
    const columnStep = flat ? step : inner;
    const rowStep = flat ? step * columns : step;
    if ((columnStep !== 0 && columnStep !== 1) || rowStep < 0) return null;
    operands.push({ pointer, rowStep: rowStep * pointer.itemSize, columnStep });
  }
  return { call, columns, operands, countAt: firstSizeAt(strided), perRow: flat ? columns : 1 };
}

/** What a chain's calls touch of a buffer: in each row the bytes from `from` to `to`, `rowStep` apart. */
interface Span {
  rowStep: number;
  from: number;
  to: number;
  written: boolean;
  /** Whether all accesses agree on the rows. */
  regular: boolean;
}

function spansOf(links: readonly Link[]): Map<Buffer, Span> {
  const spans = new Map<Buffer, Span>();
  for (const { operands, columns } of links) {
    for (const { pointer, rowStep, columnStep } of operands) {
      const { buffer, offset, writes, itemSize } = pointer;
      const bytes = (columnStep === 0 ? 1 : columns) * itemSize;
      const known = spans.get(buffer);
      if (known === undefined) {
        const to = offset + bytes;
        spans.set(buffer, { rowStep, from: offset, to, written: writes, regular: rowStep > 0 });
      } else {
        if (known.rowStep !== rowStep) known.regular = false;
        known.from = Math.min(known.from, offset);
        known.to = Math.max(known.to, offset + bytes);
        if (writes) known.written = true;
      }
    }
  }
  return spans;
}

// Rows of a buffer that is written do not overlap.
const rowsAreApart = (spans: ReadonlyMap<Buffer, Span>): boolean => {
  for (const { rowStep, from, to, written, regular } of spans.values()) {
    if (written && (!regular || to - from > rowStep)) return false;
  }
  return true;
};

/** The longest chain from call `start` on. */
function grow(calls: readonly Call[], start: number): Link[] {
  const first = extentOf(calls[start]);
  if (first === null) return [];
  let links: Link[] = [];
  // While all calls have one dimension, rows are single elements; the first of two says what rows are.
  let rows = first.first;
  let single = first.dims === 1;
  for (let i = start; i < calls.length && links.length < mostLinks; i++) {
    const extent = extentOf(calls[i]);
    if (extent === null) break;
    const settles = single && extent.dims === 2;
    if (single && !settles && extent.first !== rows) break;
    const candidates = settles ? calls.slice(start, i + 1) : [calls[i]];
    const made = candidates.map((call) => linkOf(call, settles ? extent.first : rows));
    if (made.some((link) => link === null)) break;
    const next = [...(settles ? [] : links), ...(made as Link[])];
    if (!rowsAreApart(spansOf(next))) break;
    links = next;
    if (settles) [rows, single] = [extent.first, false];
  }
  return links;
}

const elementsPerRow = (links: readonly Link[]): number =>
  links.reduce((sum, { columns }) => sum + columns, 0);

function chainOf(
  links: readonly Link[],
  rows: number,
  isLocal: (buffer: Buffer, uses: number) => boolean,
): Chain | null {
  const spans = spansOf(links);
  let rowBytes = 0;
  for (const { from, to } of spans.values()) rowBytes += to - from;
  let tileRows = Math.max(1, Math.floor(tileBytes / rowBytes));
  // Whole vectors.
  if (tileRows > 64) tileRows -= tileRows % 64;
  if (rows < 2 * tileRows) return null;
  const uses = new Map<Buffer, { count: number; first: number; last: number }>();
  for (const [i, { call }] of links.entries()) {
    for (const buffer of new Set(call.pointers.map((pointer) => pointer.buffer))) {
      const known = uses.get(buffer);
      if (known === undefined) uses.set(buffer, { count: 1, first: i, last: i });
      else {
        known.count++;
        known.last = i;
      }
    }
  }
  const bytesOf = (buffer: Buffer): number => {
    const { from, to, rowStep } = spans.get(buffer)!;
    return (tileRows - 1) * rowStep + to - from;
  };
  const locals = [...uses].filter(
    ([buffer, { count }]) =>
      spans.get(buffer)!.written && bytesOf(buffer) <= mostLocalBytes && isLocal(buffer, count),
  );
  const plan = planBuffers(
    locals.map(([buffer, { first, last }]) => ({ bytes: bytesOf(buffer), first, last })),
  );
  const local = new Map(
    // An address is the buffer's offset plus this.
    locals.map(([buffer], i) => [buffer, plan.offsets[i] - spans.get(buffer)!.from]),
  );
  return { rows, tileRows, links, local };
}

/**
 * The steps of a program, with chains where calls allow it.
 * @param temporary whether a buffer is the program's own
 */
export function withChains(calls: readonly Call[], temporary: (buffer: Buffer) => boolean): Step[] {
  const uses = new Map<Buffer, number>();
  for (const { pointers } of calls) {
    for (const buffer of new Set(pointers.map((pointer) => pointer.buffer))) {
      uses.set(buffer, (uses.get(buffer) ?? 0) + 1);
    }
  }
  const isLocal = (buffer: Buffer, count: number): boolean =>
    temporary(buffer) && uses.get(buffer) === count;
  const steps: Step[] = [];
  for (let i = 0; i < calls.length;) {
    const links = grow(calls, i);
    const rows = links.length > 1 ? rowsOf(links[0]) : 0;
    const chain = links.length > 1 ? chainOf(links, rows, isLocal) : null;
    if (chain !== null) {
      steps.push(chain);
      i += links.length;
    } else {
      const count = Math.max(1, links.length);
      for (let k = i; k < i + count; k++) steps.push(calls[k]);
      i += count;
    }
  }
  return steps;
}

const rowsOf = ({ call: { args }, countAt, perRow }: Link): number => args[countAt] / perRow;

/** A chain as native/binding/replay.h reads it; `place` gives the base of a pointer's buffer. */
export function writeChain(
  { rows, tileRows, links, local }: Chain,
  place: (pointer: Pointer) => { base: number; offset: number },
  code: number[],
): void {
  const header = code.length;
  const rowElements = elementsPerRow(links);
  pushChainStep(code, {
    kind: constants.program.chainStep,
    length: 0,
    rows,
    tileRows,
    rowElements,
  });
  const first = code.length;
  for (const { call, operands, countAt, perRow } of links) {
    pushChainCall(code, {
      kernel: call.kernel,
      arguments: call.args.length,
      addresses: operands.length,
      extent: countAt,
      rowExtent: perRow,
    });
    const at = code.length;
    for (const argument of call.args) code.push(argument);
    for (const { pointer, rowStep } of operands) {
      const own = local.get(pointer.buffer);
      const { base, offset } =
        own === undefined
          ? place(pointer)
          : { base: constants.program.scratchBase, offset: own + pointer.offset };
      code[at + pointer.at] = offset;
      pushChainAddress(code, {
        argument: pointer.at,
        base,
        rowBytes: own === undefined ? rowStep : 0,
      });
    }
  }
  code[header + ChainStepAt.length] = code.length - first;
}
