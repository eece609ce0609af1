/** Rows that compare Ostinato with itself, or whole processes: each measures in its own way and makes its own row. */
import type { Settings } from '../run';
import { timeCalls, timing, type Timing } from '../measure';
import type { Peer } from '../peers/peer';
import type { Row } from '../report/row';
import type { Work } from './work';

export interface Context {
  readonly peers: readonly Peer[];
  readonly settings: Settings;
}

export interface Special {
  readonly name: string;
  readonly group: string;
  measure(context: Context): Promise<Row>;
}

export type Entry = Work | Special;

/** Several bodies of this process in turn, round by round. */
export function alternate(
  bodies: readonly (() => void)[],
  { rounds, seconds }: Settings,
): Timing[] {
  const times: number[][] = bodies.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, body] of bodies.entries()) times[i].push(timeCalls(body, seconds));
  }
  return times.map(timing);
}
