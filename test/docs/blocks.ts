/**
 * The programs in a document: its `ts` blocks. The blocks under one heading of level 2 (`##`) are one program, in order.
 * What a program prints is compared with the comments that begin with `// →`, in order, wherever there are any.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import type * as Ostinato from 'ostinato';
import options from '../../scripts/swc.cjs';

export interface Program {
  /** The heading above it. */
  readonly title: string;
  readonly code: string;
  /** What stands behind `// →`. */
  readonly expected: readonly string[];
}

export const root = join(__dirname, '..', '..');

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

/** Blocks as one program: each may import what it uses, though another one did so already. */
function joined(parts: readonly string[]): string {
  const imported = new Map<string, Set<string>>();
  const rest = parts.map((part) =>
    part.replace(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, names: string, from: string) => {
      const known = imported.get(from) ?? new Set();
      for (const name of names.split(',')) if (name.trim() !== '') known.add(name.trim());
      imported.set(from, known);
      return '';
    }),
  );
  const imports = [...imported].map(
    ([from, names]) => `import { ${[...names].join(', ')} } from '${from}';`,
  );
  return [...imports, ...rest].join('\n');
}

/** The programs of a document. */
export function programsOf(file: string): Program[] {
  const programs = new Map<string, string[]>();
  for (const { language, title, text } of blocksOf(file)) {
    if (language !== 'ts') continue;
    const parts = programs.get(title) ?? [];
    programs.set(title, [...parts, text]);
  }
  return [...programs].map(([title, parts]) => {
    const code = joined(parts);
    const expected = [...code.matchAll(/\/\/ → ?(.*)/g)].map(([, text]) => text);
    return { title, code, expected };
  });
}

/** Runs a program in a function of its own; returns the lines that it printed. */
export function runProgram({ title, code }: Program, ostinato: typeof Ostinato): string[] {
  const printed: string[] = [];
  const print = (...values: unknown[]): void => {
    const text = values.map((value) => (typeof value === 'string' ? value : inspect(value)));
    printed.push(...text.join(' ').split('\n'));
  };
  const node = createRequire(__filename);
  const load = (name: string): unknown => (name === 'ostinato' ? ostinato : node(name));
  const { code: script } = transformSync(code, { ...options, filename: `${title}.ts` });
  // Indirect, so that it runs in the global scope of the test.
  const body = (0, eval)(
    `(function (require, exports, module, console, __dirname) {${script}\n})`,
  ) as (...given: unknown[]) => void;
  body(load, {}, { exports: {} }, { log: print }, __dirname);
  return printed;
}
