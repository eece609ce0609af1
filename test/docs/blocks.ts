/**
 * The programs in a document: its `ts` blocks, each complete, as a reader copies them one by one.
 * What a program prints is compared with the comments that begin with `// →`, in order, wherever there are any.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type * as Ostinato from 'ostinato';
import { transform } from '../../scripts/transform.cjs';
import { runIn } from '../support';

export interface Program {
  /** The heading above it. */
  readonly title: string;
  readonly code: string;
  /** The texts after `// →`. */
  readonly expected: readonly string[];
}

export const root = join(__dirname, '..', '..');

/** Has the tests of a file run in an empty folder, because programs write files where they run. */
export function runInEmptyFolder(): void {
  runIn(mkdtempSync(join(tmpdir(), 'ostinato-documents-')));
}

interface Block {
  readonly language: string;
  readonly title: string;
  readonly text: string;
}

/** Every fenced block of a document, under its heading of level 2. */
export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  let title = '';
  let open: { language: string; lines: string[] } | null = null;
  for (const line of readFileSync(join(root, file), 'utf8').split('\n')) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence !== null) {
      if (open === null) open = { language: fence[1], lines: [] };
      else {
        blocks.push({ language: open.language, title, text: open.lines.join('\n') });
        open = null;
      }
    } else if (open !== null) open.lines.push(line);
    else title = /^## (.*)/.exec(line)?.[1] ?? title;
  }
  return blocks;
}

/** The programs of a document, named by their headings. */
export function programsOf(file: string): Program[] {
  const seen = new Map<string, number>();
  return blocksOf(file)
    .filter(({ language }) => language === 'ts')
    .map(({ title, text: code }) => {
      const number = (seen.get(title) ?? 0) + 1;
      seen.set(title, number);
      const expected = [...code.matchAll(/\/\/ → ?(.*)/g)].map(([, text]) => text);
      return { title: number === 1 ? title : `${title}, ${number}`, code, expected };
    });
}

/** Runs a program in an async function of its own; returns the lines that it printed. */
export async function runProgram(
  { title, code }: Program,
  ostinato: typeof Ostinato,
): Promise<string[]> {
  const printed: string[] = [];
  const print = (...values: unknown[]): void => {
    const text = values.map((value) => (typeof value === 'string' ? value : inspect(value)));
    printed.push(...text.join(' ').split('\n'));
  };
  const node = createRequire(__filename);
  const load = (name: string): unknown => (name === 'ostinato' ? ostinato : node(name));
  const script = transform(code, `${title}.ts`);
  // Indirect, so that it runs in the global scope of the test.
  const body = (0, eval)(
    `(async function (require, exports, module, console, __dirname) {${script}\n})`,
  ) as (...given: unknown[]) => Promise<void>;
  await body(load, {}, { exports: {} }, { log: print }, __dirname);
  return printed;
}
