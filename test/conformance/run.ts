// PyTorch's own test inputs against every name that exists here: `npm run test:conformance -- [--limit N] [--only NAME] [--keep FOLDER]`.
// samples.py draws them and writes what PyTorch computes; the checks of this folder compute the same.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkModule } from './modules';
import { checkOperation } from './operations';
import { checkOptimizer } from './optimizers';
import { Reader } from './reader';
import { Report } from './report';
import { existing } from './translate';
import { rows } from '../docs/parity/page';
import { findPython } from '../python';

const { values: options } = parseArgs({
  options: {
    /** How many sample inputs, and how many reference inputs, of an entry and element type. */
    limit: { type: 'string', default: '40' },
    /** Only entries whose name begins so. */
    only: { type: 'string', default: '' },
    /** A folder for the samples that stays, and is read again when it is there. */
    keep: { type: 'string' },
    /** How many Python processes draw samples. */
    processes: { type: 'string', default: '2' },
  },
});

function draw(folder: string): Promise<void[]> {
  const python = findPython('conformance', __dirname);
  const names = join(folder, 'names.txt');
  writeFileSync(names, JSON.stringify(existing()));
  const script = join(__dirname, 'samples.py');
  const parts = Number(options.processes);
  return Promise.all(
    Array.from({ length: parts }, (_, part) => {
      const args = ['-P', script, folder, names, options.limit, `${part}/${parts}`];
      const child = spawn(python, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      return new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code) => {
          if (code === 0) resolve();
          else reject(new Error(`${python} samples.py ended with ${code}`));
        });
      });
    }),
  );
}

async function main(): Promise<void> {
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'ostinato-conformance-'));
  mkdirSync(folder, { recursive: true });
  const isDrawn = existsSync(join(folder, 'counts-0.txt'));
  try {
    if (!isDrawn) await draw(folder);
    const report = new Report();
    const files = readdirSync(folder).filter((name) => name.endsWith('.json')).sort(); // prettier-ignore
    for (const name of files) {
      if (!name.startsWith(options.only)) continue;
      const before = report.tried;
      const reader = new Reader(join(folder, name.replace(/\.json$/, '')));
      for (const row of reader.rows) {
        if ('names' in row) checkOperation(row, reader, report);
        else if ('module' in row) checkModule(row, reader, report);
        else checkOptimizer(row, reader, report);
      }
      if (report.tried === before) report.notChecked(name.replace(/\.json$/, ''));
    }
    const isWhole = options.only === '';
    if (isWhole) leftOut(folder).forEach((name) => report.notChecked(name));
    const isRight = report.print(isWhole);
    process.stdout.write(`${dropped(folder)}\n`);
    process.exitCode = isRight ? 0 : 1;
  } finally {
    if (options.keep === undefined) rmSync(folder, { recursive: true });
  }
}

/** Entries of PyTorch's that were not drawn, though docs/parity.md says that the name is here. */
function leftOut(folder: string): string[] {
  const here = new Set<string>();
  for (const { module, torch, name } of rows())
    if (name !== undefined)
      here.add(/^(torch|Tensor)$/.test(module) ? torch : `${module}.${torch}`);
  const entries = JSON.parse(readFileSync(join(folder, 'left-out.txt'), 'utf8')) as string[][];
  return entries.filter((names) => names.some((name) => here.has(name))).map(([name]) => name);
}

/** How many samples have no counterpart here. */
function dropped(folder: string): string {
  let [samples, untranslatable] = [0, 0];
  for (const name of readdirSync(folder).filter((one) => one.startsWith('counts-'))) {
    const counts = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, number>;
    samples += counts.samples;
    untranslatable += counts.untranslatable;
  }
  return `${samples} inputs drawn; ${untranslatable} of them have complex numbers, half precision or the like, and were left out`;
}

void main();
