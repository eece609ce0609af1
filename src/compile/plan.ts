/**
 * The buffer plan: the offsets of a program's temporaries in one workspace. Two of them share memory unless their live ranges overlap.
 */

/** A buffer's size and the first and last call that touch it. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  last: number;
}

export interface Plan {
  /** Where each buffer begins, in bytes. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

const alignment = 64;
const alignUp = (n: number): number => Math.max(alignment, Math.ceil(n / alignment) * alignment);

interface Gap {
  offset: number;
  bytes: number;
}

// Returns a gap that grows into its neighbours; gaps are in order of offset.
function release(gaps: Gap[], offset: number, bytes: number): void {
  let low = 0;
  let high = gaps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (gaps[middle].offset < offset) low = middle + 1;
    else high = middle;
  }
  const before = gaps[low - 1];
  const after = gaps[low];
  const joinsBefore = before !== undefined && before.offset + before.bytes === offset;
  const joinsAfter = after !== undefined && offset + bytes === after.offset;
  if (joinsBefore) {
    before.bytes += bytes + (joinsAfter ? after.bytes : 0);
    if (joinsAfter) gaps.splice(low, 1);
  } else if (joinsAfter) {
    after.offset = offset;
    after.bytes += bytes;
  } else gaps.splice(low, 0, { offset, bytes });
}

/** Places buffers in the order of their first use, each in the smallest gap that holds it. */
export function planBuffers(lifetimes: readonly Lifetime[]): Plan {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const starts = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[a].first - lifetimes[b].first);
  const ends = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[a].last - lifetimes[b].last);
  const gaps: Gap[] = [];
  let total = 0;
  let ended = 0;
  for (const i of starts) {
    for (; ended < ends.length && lifetimes[ends[ended]].last < lifetimes[i].first; ended++) {
      release(gaps, offsets[ends[ended]], alignUp(lifetimes[ends[ended]].bytes));
    }
    const bytes = alignUp(lifetimes[i].bytes);
    let best = -1;
    for (let g = 0; g < gaps.length; g++) {
      if (gaps[g].bytes >= bytes && (best < 0 || gaps[g].bytes < gaps[best].bytes)) best = g;
    }
    if (best < 0) {
      const last = gaps[gaps.length - 1];
      // The workspace grows, from the gap at its end if there is one.
      if (last !== undefined && last.offset + last.bytes === total) {
        offsets[i] = last.offset;
        total = last.offset + bytes;
        gaps.pop();
      } else {
        offsets[i] = total;
        total += bytes;
      }
    } else {
      const gap = gaps[best];
      offsets[i] = gap.offset;
      gap.offset += bytes;
      gap.bytes -= bytes;
      if (gap.bytes === 0) gaps.splice(best, 1);
    }
  }
  return { offsets, bytes: total };
}
