/** A row of the table: measurements, and what they say of the goals. */
import { showRatio, showTime, type Timing } from '../measure';
import type { Bounds } from '../machine';
import type { Goal, PeerName, Work } from '../works/work';

/** A peer's cell. */
export interface PeerCell extends Timing {
  /** The largest relative difference of its results from ours. */
  readonly apart: number;
  /** Page faults of one run, where known. */
  readonly faults?: number;
}

export interface Verdict {
  readonly goal: string;
  readonly value: string;
  /** Null: nothing to compare with. */
  readonly reached: boolean | null;
}

export interface Row {
  readonly name: string;
  readonly group: string;
  /** What was measured of Ostinato, as text. */
  readonly own: string;
  readonly peers: Partial<Readonly<Record<PeerName, PeerCell>>>;
  /** Seconds of Ostinato, where that is what the peers' cells compare with. */
  readonly seconds?: number;
  /** The factor of its first goal against a peer. */
  readonly goalTimes?: number;
  /** Share of the multiply-add peak, of the bandwidth: what bounds the work. */
  readonly bound: string;
  readonly verdicts: readonly Verdict[];
}

/** Results further apart than this are not compared. */
export const tolerance = 1e-4;

export const comparable = (cell: PeerCell): boolean => cell.apart <= tolerance;

const missing: Omit<Verdict, 'goal'> = { value: 'not measured', reached: null };

/** Against the tuned column: at least half of the factor, and never below 1.3. Parity stays parity. */
export const tunedGoal = (times: number): number => Math.min(times, Math.max(1.3, times / 2));

const percent = (share: number): string => share.toFixed(2);

/** A work's results against its goals. */
export class Judge {
  constructor(
    private readonly work: Work,
    private readonly seconds: number,
    private readonly peers: Row['peers'],
    private readonly bounds: Bounds,
  ) {}

  #faster(name: PeerName, label: string, times: number): Verdict {
    const goal = `≥ ${Number(times.toPrecision(3))}× ${label}`;
    const cell = this.peers[name];
    if (cell === undefined) return { goal, ...missing };
    if (!comparable(cell)) return { goal, value: 'results differ', reached: null };
    const ratio = cell.median / this.seconds;
    return { goal, value: showRatio(ratio), reached: ratio >= times };
  }

  #verdicts(goal: Goal): Verdict[] {
    if ('than' in goal) {
      const { than, times } = goal;
      if (than === 'torch') {
        return [
          this.#faster('torch', 'PyTorch', times),
          this.#faster('tuned', 'tuned', tunedGoal(times)),
        ];
      }
      return [this.#faster(than, than === 'onnx' ? 'onnxruntime' : 'OpenBLAS', times)];
    }
    if ('peakShare' in goal) {
      const share = this.bounds.peakShare!;
      return [
        {
          goal: `≥ ${goal.peakShare} of peak`,
          value: percent(share),
          reached: share >= goal.peakShare,
        },
      ];
    }
    if ('bandwidthShare' in goal) {
      const share = this.bounds.bandwidthShare!;
      return [
        {
          goal: `≥ ${percent(goal.bandwidthShare)} of bandwidth`,
          value: percent(share),
          reached: share >= goal.bandwidthShare,
        },
      ];
    }
    if ('seconds' in goal) {
      return [
        {
          goal: `≤ ${showTime(goal.seconds)}`,
          value: showTime(this.seconds),
          reached: this.seconds <= goal.seconds,
        },
      ];
    }
    const each = goal.either.map((one) => this.#verdicts(one));
    const states = each.map((some) => some.map(({ reached }) => reached));
    const reached = states.some((some) => some.every((state) => state === true))
      ? true
      : states.every((some) => some.includes(false))
        ? false
        : null;
    return [
      {
        goal: each.map((some) => some.map((v) => v.goal).join(', ')).join('; or '),
        value: each.map((some) => some.map((v) => v.value).join(', ')).join('; '),
        reached,
      },
    ];
  }

  /** The factor of the first goal against a peer. */
  goalTimes(): number | undefined {
    const all = this.work.goals.flatMap((goal) => ('either' in goal ? goal.either : [goal]));
    return all.find((goal) => 'than' in goal)?.times;
  }

  verdicts(): Verdict[] {
    return this.work.goals.flatMap((goal) => this.#verdicts(goal));
  }

  bound(): string {
    const { peakShare: peak, bandwidthShare: bandwidth } = this.bounds;
    return [
      ...(peak === null ? [] : [`${percent(peak)} of peak`]),
      ...(bandwidth === null ? [] : [`${percent(bandwidth)} of bandwidth`]),
    ].join(', ');
  }
}
