/** Whole processes beside PyTorch's: resident memory of a training loop, and the time from import to a first step. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { median, showTime, showTiming, timing } from '../measure';
import type { Row, Verdict } from '../report/row';
import { shapes } from './recurrent';
import type { Context, Special } from './special';

const children = join(__dirname, '..', 'children');

/** The number that a program of bench/children prints last, or null when it could not run. */
export function ask(program: string, args: readonly (string | number)[] = []): number | null {
  const command = program.endsWith('.py') ? 'python3' : process.execPath;
  const env = { ...process.env, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };
  const { status, stdout } = spawnSync(command, [join(children, program), ...args.map(String)], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? Number(stdout.trim().split('\n').at(-1)) : null;
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;

const resident: Special = {
  name: `peak resident memory, LSTM training loop ${shapes.large.join()}`,
  group: 'process',
  measure(): Promise<Row> {
    const args = ['LSTM', ...shapes.large, 6];
    const own = ask('resident.cjs', args)!;
    const torch = ask('resident.py', args);
    const goal = '≤ 0.6 of PyTorch';
    const verdict: Verdict =
      torch === null
        ? { goal, value: 'not measured', reached: null }
        : { goal, value: (own / torch).toFixed(2), reached: own <= 0.6 * torch };
    return Promise.resolve({
      name: this.name,
      group: this.group,
      own: `${megabytes(own)}${torch === null ? '' : `; PyTorch ${megabytes(torch)}`}`,
      peers: {},
      bound: '',
      verdicts: [verdict],
    });
  },
};

const startup: Special = {
  name: 'import to the end of the first training step',
  group: 'process',
  measure({ settings }: Context): Promise<Row> {
    const own = Array.from({ length: settings.rounds }, () => ask('startup.mjs')!);
    const torch = Array.from({ length: Math.ceil(settings.rounds / 5) }, () => ask('startup.py'));
    const theirs = torch.filter((seconds) => seconds !== null);
    const middle = median(own);
    return Promise.resolve({
      name: this.name,
      group: this.group,
      own: `${showTiming(timing(own))}${theirs.length === 0 ? '' : `; PyTorch ${showTime(median(theirs))}`}`,
      peers: {},
      bound: '',
      verdicts: [{ goal: '≤ 80 ms', value: showTime(middle), reached: middle <= 0.08 }],
    });
  },
};

const memory: Special = {
  name: 'memory of inference over 10,000 steps, above that of 10 and the output (LSTM, B = 4, 32 → 256)',
  group: 'process',
  measure(): Promise<Row> {
    const extra = ask('long-sequence.cjs', [10_000]);
    const goal = '≤ 2 MB';
    return Promise.resolve({
      name: this.name,
      group: this.group,
      own: extra === null ? 'not measured: no /proc here' : `${(extra / 2 ** 20).toFixed(1)} MB`,
      peers: {},
      bound: '',
      verdicts: [
        extra === null
          ? { goal, value: 'not measured', reached: null }
          : { goal, value: `${(extra / 2 ** 20).toFixed(1)} MB`, reached: extra <= 2 * 2 ** 20 },
      ],
    });
  },
};

export const processes: readonly Special[] = [resident, startup, memory];
