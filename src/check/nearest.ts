/** The name that was meant by one that does not exist. */

const folded = (name: string): string => name.replace(/[_\-\s]/g, '').toLowerCase();

/** `learningRate` and `learning_rate`: `lr`. */
const initials = (name: string): string =>
  name
    .split(/[_\-\s]+|(?=[A-Z])/)
    .map((word) => word.charAt(0))
    .join('')
    .toLowerCase();

/** Edit distance (Levenshtein 1966): insertions, deletions and replacements of a letter from `a` to `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/**
 * The one of `names` that `given` differs from by its spelling only (`batch_first`, `keepDim`), abbreviates
 * (`learningRate`: `lr`), or misses by a letter in three; undefined where none comes near.
 */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const wanted = folded(given).slice(0, 64);
  const same = names.find((name) => folded(name) === wanted);
  if (same !== undefined) return same;
  const short = names.find((name) => name.length > 1 && name === initials(given));
  if (short !== undefined) return short;
  let best: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const far = distance(wanted, folded(name));
    if (far < least && far <= Math.max(wanted.length, name.length) / 3) {
      least = far;
      best = name;
    }
  }
  return best;
}
