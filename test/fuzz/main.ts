// npm run fuzz -- [--seconds 60] [--seed 1] [--kind programs|steps|calls|files] [--from I --count N]
//
// Random programs (programs.ts), random trainings (steps.ts), random calls (calls.ts) and random files (files.ts) until the time is over, each kind in a process of its own, so that a
// crash is a finding like others. What a case is, its seed alone decides: a failure prints the command that makes it again.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createHash } from 'node:crypto';
import { folder } from '../surface/samples';
import { checkCall } from './calls';
import { checkProgram } from './check-program';
import { fileChecker } from './files';
import { seedOf } from './random';
import { checkSteps } from './steps';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: 'Infinity' },
    /** Where a process of one kind notes the case that it is at. */
    progress: { type: 'string' },
  },
});
const kinds = ['programs', 'steps', 'calls', 'files'] as const;
type Kind = (typeof kinds)[number];
const mostKinds = 20;

function checkerOf(kind: Kind): (seed: number) => Promise<string[]> {
  if (kind === 'programs') {
    return (seed) => Promise.resolve(checkProgram(seed, (bits) => digest.update(bits)));
  }
  if (kind === 'steps') return (seed) => Promise.resolve(checkSteps(seed));
  if (kind === 'files') {
    const { check, close } = fileChecker();
    process.once('exit', close);
    return (seed) => Promise.resolve(check(seed));
  }
  // A path that is spoiled is a file of that name.
  process.chdir(folder);
  return checkCall;
}

const digest = createHash('sha256');
const repeat = (kind: Kind, index: number): string =>
  `npm run fuzz -- --kind ${kind} --seed ${values.seed} --from ${index} --count 1`;

/** Runs cases of one kind in this process. */
async function run(kind: Kind): Promise<void> {
  const check = checkerOf(kind);
  const until = Date.now() + 1000 * Number(values.seconds);
  const first = Number(values.from);
  const progress = values.progress === undefined ? null : openSync(values.progress, 'w');
  let index = first;
  let failures = 0;
  const seen = new Set<string>();
  for (; index - first < Number(values.count) && Date.now() < until; index++) {
    if (progress !== null) writeSync(progress, String(index).padEnd(16), 0);
    const found = await check(seedOf(Number(values.seed), index));
    if (found.length === 0) continue;
    failures++;
    // Of one message, one case.
    const message = found.at(-1)!;
    if (seen.has(message)) continue;
    seen.add(message);
    console.log(`${repeat(kind, index)}\n${found.join('\n')}`);
    if (seen.size === mostKinds) break;
  }
  if (progress !== null) closeSync(progress);
  const bits = kind === 'programs' ? `, bits ${digest.digest('hex').slice(0, 16)}` : '';
  console.log(`${kind}: ${index - first} cases, ${failures} failures${bits}`);
  process.exitCode = failures === 0 ? 0 : 1;
}

/** Runs this file for one kind; whether it found nothing. */
function runApart(kind: Kind, notes: string): Promise<boolean> {
  const progress = join(notes, kind);
  const script = join(__dirname, '..', '..', 'scripts', 'run.cjs');
  const child = spawn(
    process.execPath,
    [...process.execArgv, script, '--source', __filename, ...process.argv.slice(2), '--kind', kind, '--progress', progress],
    { stdio: 'inherit' },
  ); // prettier-ignore
  return new Promise((resolve) => {
    child.on('close', (status, signal) => {
      if (signal !== null || (status !== 0 && status !== 1)) {
        const index = Number(readFileSync(progress, 'utf8'));
        console.log(`${repeat(kind, index)}\n${kind}: ended by ${signal ?? `status ${status}`}`);
      }
      resolve(status === 0);
    });
  });
}

async function main(): Promise<void> {
  const { kind } = values;
  if (kind !== undefined) {
    if (!kinds.includes(kind as Kind))
      throw new Error(`--kind ${kind}: expected ${kinds.join(' or ')}`);
    return run(kind as Kind);
  }
  const notes = mkdtempSync(join(tmpdir(), 'ostinato-fuzz-'));
  const right = await Promise.all(kinds.map((one) => runApart(one, notes)));
  rmSync(notes, { recursive: true });
  process.exitCode = right.every(Boolean) ? 0 : 1;
}

void main().finally(() => {
  process.chdir(tmpdir());
  rmSync(folder, { recursive: true, force: true });
});
