/**
 * npm run bench:instructions [-- --update]
 *
 * Counts the instructions of a short list of kernels (bench/native, the AVX2 set) under valgrind's callgrind, and fails
 * when one has grown by more than 5 % over bench/instructions.json. Counts repeat exactly on any machine, but belong to
 * a compiler: with another than the baseline's, they are printed and not judged. --update writes the baseline anew,
 * which belongs into the commit that changes a count on purpose.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Counts {
  /** Name and version of the compiler. */
  readonly compiler: string;
  /** Instructions of each case. */
  readonly instructions: Readonly<Record<string, number>>;
}

const { values: options } = parseArgs({ options: { update: { type: 'boolean', default: false } } });
const allowed = 0.05;
const root = join(__dirname, '..');
const baselineFile = join(__dirname, 'instructions.json');
const target = 'kernel_instructions';

/** Builds the program: in the add-on's own build folder where there is one, whose objects it takes. */
function build(): string {
  const addon = join(root, 'build', 'cmake');
  const folder = existsSync(join(addon, 'CMakeCache.txt')) ? addon : join(root, 'build', 'bench');
  if (folder !== addon) {
    execFileSync('cmake', ['-S', root, '-B', folder, '-DOSTINATO_ADDON=OFF'], { stdio: 'ignore' });
  }
  const jobs = process.env['OSTINATO_JOBS'] ?? '2';
  execFileSync('cmake', ['--build', folder, '--target', target, '--parallel', jobs], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(folder, 'bench', 'native', target);
}

/** Runs it under callgrind: one file of counts for each time that `measured` returns, in order. */
function count(program: string): Counts {
  const folder = join(root, 'build', 'callgrind');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const run = spawnSync(
    'valgrind',
    [
      '--tool=callgrind',
      '--quiet',
      '--toggle-collect=measured',
      '--dump-after=measured',
      `--callgrind-out-file=${join(folder, 'counts')}`,
      program,
    ],
    { encoding: 'utf8' },
  );
  if (run.status !== 0) throw new Error(`bench: valgrind failed: ${run.error ?? run.stderr}`);
  const [compiler, ...names] = run.stdout.trim().split('\n');
  const instructions: Record<string, number> = {};
  const files = new Set(readdirSync(folder));
  names.forEach((name, i) => {
    const file = `counts.${i + 1}`;
    if (!files.has(file)) throw new Error(`bench: callgrind wrote no counts for ${name}`);
    const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(join(folder, file), 'utf8'));
    instructions[name] = Number(total![1]);
  });
  return { compiler, instructions };
}

/** The table, and what is wrong: growth, and cases that only one side knows. */
function compare(counts: Counts, baseline: Counts): string[] {
  const faults: string[] = [];
  const comparable = counts.compiler === baseline.compiler;
  for (const [name, now] of Object.entries(counts.instructions)) {
    const before = baseline.instructions[name] as number | undefined;
    const change = before === undefined ? null : now / before - 1;
    const shown =
      change === null ? 'new' : `${change >= 0 ? '+' : ''}${(change * 100).toFixed(1)} %`;
    console.log(`${name.padEnd(40)} ${now.toLocaleString('en').padStart(12)} ${shown.padStart(8)}`);
    if (change === null) faults.push(`${name} is not in the baseline`);
    else if (comparable && change > allowed) faults.push(`${name} grew by ${shown}`);
  }
  for (const name of Object.keys(baseline.instructions)) {
    if (!(name in counts.instructions)) faults.push(`${name} of the baseline was not run`);
  }
  if (!comparable) {
    console.log(
      `compiled by ${counts.compiler}, the baseline by ${baseline.compiler}: growth is not judged`,
    );
  }
  return faults;
}

function main(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log('bench: instructions are counted on 64-bit x86 Linux only');
    return;
  }
  if (spawnSync('valgrind', ['--version']).status !== 0) {
    throw new Error(
      'bench: valgrind is not installed; install it (Debian: apt-get install valgrind)',
    );
  }
  const counts = count(build());
  if (options.update) {
    writeFileSync(baselineFile, `${JSON.stringify(counts, null, 2)}\n`);
    console.log(
      `${Object.keys(counts.instructions).length} counts written to bench/instructions.json`,
    );
    return;
  }
  const faults = compare(counts, JSON.parse(readFileSync(baselineFile, 'utf8')) as Counts);
  if (faults.length > 0) {
    console.error(
      `\n${faults.join('\n')}\nMore than ${allowed * 100} % is too much. Find out why; where it is meant, refresh the baseline in the same commit: npm run bench:instructions -- --update`,
    );
    process.exitCode = 1;
  }
}

main();
