/** Two threads against one; and against one while another process keeps a processor busy. */
import { spawn } from 'node:child_process';
import { setNumThreads } from 'ostinato';
import { pin, processors } from '../machine';
import { setClock, showRatio, showTiming, timeCalls, timing } from '../measure';
import { takePlaces } from '../run';
import { infer, kinds, shapes, train, type Kind, type Sizes } from './recurrent';
import type { Context, Special } from './special';
import type { Row, Verdict } from '../report/row';
import type { Work } from './work';

/** A process that does nothing but compute, on one processor, and can be stopped meanwhile. */
class BusyProcess {
  readonly #child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  constructor() {
    pin(this.#child.pid!, processors.slice(-1), true);
    this.rest();
  }
  rest(): void {
    this.#child.kill('SIGSTOP');
  }
  work(): void {
    this.#child.kill('SIGCONT');
  }
  end(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Ratios this close to parity are parity: what two measurements of the same thing differ by. */
const noise = 0.03;

function verdict(what: string, ratio: number, least: number): Verdict {
  const parity = least === 1 ? ` (within ${noise * 100} %)` : '';
  return {
    goal: `${what} ≥ ${least}× one${parity}`,
    value: showRatio(ratio),
    reached: ratio >= (least === 1 ? least - noise : least),
  };
}

// Callers that found the processors busy run serially for up to a second (native/runtime/threads.cc).
const backOff = 1.2;

function pause(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
}

function measure(work: Work, least: number, { peers, settings }: Context): Row {
  takePlaces(peers, 2);
  // Processor time would count both threads.
  const clock = setClock('wall');
  const { run } = work.make();
  const busy = new BusyProcess();
  const one: number[] = [];
  const two: number[] = [];
  const crowded: number[] = [];
  const timeWith = (threads: number): number => {
    setNumThreads(threads);
    return timeCalls(run, settings.seconds);
  };
  try {
    timeWith(2);
    // The kernels' threads exist now; all of them may run everywhere.
    takePlaces(peers, 2);
    for (let round = 0; round < settings.rounds; round++) {
      one.push(timeWith(1));
      two.push(timeWith(2));
      busy.work();
      crowded.push(timeWith(2));
      busy.rest();
      pause(backOff);
    }
  } finally {
    busy.end();
    setNumThreads(1);
    setClock(clock);
  }
  const [alone, both, beside] = [one, two, crowded].map(timing);
  return {
    name: `two threads: ${work.name}`,
    group: 'threads',
    own: `${showTiming(alone)} with one, ${showTiming(both)} with two, ${showTiming(beside)} with two beside a busy process`,
    peers: {},
    bound: '',
    verdicts: [
      verdict('two threads', alone.median / both.median, least),
      verdict('beside a busy process', alone.median / beside.median, 0.9),
    ],
  };
}

const row = (work: Work, least: number): Special => ({
  name: `two threads: ${work.name}`,
  group: 'threads',
  measure: (context) => Promise.resolve(measure(work, least, context)),
});

const { tiny, many, middle, large } = shapes;
const both = (kind: Kind, sizes: Sizes, least: number): Special[] => [
  row(infer(kind, sizes, []), least),
  row(train(kind, sizes, []), least),
];

export const threads: readonly Special[] =
  processors.length < 2
    ? []
    : [
        ...kinds.flatMap((kind) => [...both(kind, middle, 1.7), ...both(kind, large, 1.7)]),
        ...[many, tiny].flatMap((sizes) => both('LSTM', sizes, 1)),
      ];
