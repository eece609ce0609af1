/** Runs one work at every side in turn, round by round, and makes its row. */
import { setNumThreads } from 'ostinato';
import { Bounds, pin, place } from './machine';
import { showTiming, timeCalls, timing } from './measure';
import type { Peer, Side } from './peers/peer';
import { Judge, type PeerCell, type Row } from './report/row';
import { disagreement, type PeerName, type Work } from './works/work';

export interface Settings {
  readonly rounds: number;
  /** Seconds of each side in each round. */
  readonly seconds: number;
  /** Seconds before the first round of works that are shorter than `short`. Default 1.5: V8 compiles for thousands of calls. */
  readonly warmUp?: number;
  /** How Ostinato is timed. Default: as its peers are. */
  readonly timer?: (body: () => void, seconds: number) => number;
}

/** A side whose run lasts longer than this takes part in fewer rounds (at least three). */
const patience = 60;

const short = 2e-3;

interface Rival {
  readonly peer: Peer;
  readonly side: Side;
  readonly apart: number;
  readonly times: number[];
  faults: number;
}

/** Everybody onto the processors of so many threads. */
export function takePlaces(peers: readonly Peer[], threads: number): void {
  const on = place(threads);
  // One thread: main threads alone move, and a collector's stay off the processor that is measured. Several: all of
  // them, those of the kernels' pools too.
  for (const pid of new Set([process.pid, ...peers.map((peer) => peer.pid)])) {
    pin(pid, on, threads > 1);
  }
}

export async function runWork(
  work: Work,
  peers: readonly Peer[],
  { rounds, seconds, warmUp = 1.5, timer = timeCalls }: Settings,
): Promise<Row> {
  const threads = work.threads ?? 1;
  setNumThreads(threads);
  takePlaces(peers, threads);
  const rivals: Rival[] = [];
  for (const peer of peers) {
    const side = await peer.side(work);
    if (side === null) continue;
    const apart = disagreement(work.make().result(), await side.result());
    rivals.push({ peer, side, apart, times: [], faults: 0 });
  }
  const perRun = work.perRun ?? 1;
  const { run } = work.make();
  const own: number[] = [];
  const bounds = new Bounds(work);
  if (timer(run, seconds) < short) {
    timer(run, warmUp);
    for (const { side } of rivals) await side.time(warmUp / 3);
  }
  for (let round = 0; round < rounds; round++) {
    own.push(timer(run, seconds) / perRun);
    bounds.measure(own.at(-1)!);
    for (const rival of rivals) {
      const spent = rival.times.reduce((sum, time) => sum + Math.max(time, seconds), 0);
      if (round >= 3 && spent > patience) continue;
      rival.times.push(await rival.side.time(seconds));
      rival.faults = rival.side.faults?.() ?? 0;
    }
  }
  const result = timing(own);
  const cells: Partial<Record<PeerName, PeerCell>> = {};
  for (const { peer, apart, times, faults } of rivals) {
    cells[peer.name] = { ...timing(times), apart, faults };
  }
  const judge = new Judge(work, result.median, cells, bounds);
  return {
    name: work.name,
    group: work.group,
    own: showTiming(result),
    seconds: result.median,
    peers: cells,
    goalTimes: judge.goalTimes(),
    bound: judge.bound(),
    verdicts: judge.verdicts(),
  };
}
