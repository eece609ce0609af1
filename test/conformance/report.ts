// Runs checks, counts them by category and entry, and holds the failures to the checked-in list.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Category =
  | 'output'
  | 'method'
  | 'gradient'
  | 'second derivative'
  | 'strided'
  | 'in place'
  | 'empty'
  | 'compile'
  | 'other dtype'
  | 'error input'
  | 'layer'
  | 'optimizer';

interface Count {
  passed: number;
  failed: number;
  listed: number;
}

interface Exception {
  /** `category entry title`; `*` stands for any text. What it names must fail: of several of one name, one. */
  readonly checks: readonly string[];
  readonly reason: string;
  /** Whether they pass or fail from drawing to drawing, because PyTorch's own value depends on the place in memory. */
  readonly varies?: boolean;
}

const file = join(__dirname, 'exceptions.json');

/** Of a pattern with `*`; undefined for the name of one check. */
const matching = (pattern: string): RegExp | undefined => {
  if (!pattern.includes('*')) return undefined;
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
};

export class Report {
  readonly #counts = new Map<string, Count>();
  readonly #failures: { key: string; message: string }[] = [];
  /** How often a pattern of the list named a check that failed, and those that passed all the same. */
  readonly #used = new Map<string, number>();
  readonly #passedThoughListed = new Map<string, string>();
  readonly #failedAsListed = new Set<string>();
  readonly #patterns: ReadonlyMap<string, RegExp | undefined>;
  readonly #varying: ReadonlySet<string>;
  readonly #exceptions: readonly Exception[];
  #tried = 0;

  constructor() {
    this.#exceptions = JSON.parse(readFileSync(file, 'utf8')) as Exception[];
    this.#patterns = new Map(
      this.#exceptions.flatMap(({ checks }) => checks.map((one) => [one, matching(one)])),
    );
    this.#varying = new Set(
      this.#exceptions.flatMap(({ checks, varies }) => (varies === true ? checks : [])),
    );
  }

  /** How many checks there were. */
  get tried(): number {
    return this.#tried;
  }

  check(category: Category, entry: string, title: string, run: () => void): void {
    const key = `${category} ${entry} ${title}`;
    const count = this.#counts.get(`${category}\n${entry}`) ?? { passed: 0, failed: 0, listed: 0 };
    this.#tried++;
    this.#counts.set(`${category}\n${entry}`, count);
    const pattern = this.#patternOf(key);
    let message: string | undefined;
    try {
      run();
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
    }
    if (message === undefined) {
      count.passed++;
      if (pattern !== undefined && !this.#varying.has(pattern)) {
        this.#passedThoughListed.set(key, pattern);
      }
    } else if (pattern !== undefined) {
      count.listed++;
      this.#failedAsListed.add(key);
      this.#used.set(pattern, (this.#used.get(pattern) ?? 0) + 1);
    } else {
      count.failed++;
      this.#failures.push({ key, message });
    }
  }

  /** An entry of PyTorch's whose name is here and that has no check must be in the list, as `not checked ENTRY`. */
  notChecked(entry: string): void {
    const key = `not checked ${entry}`;
    if (this.#patterns.has(key)) this.#used.set(key, 1);
    else this.#failures.push({ key, message: 'the name is here' });
  }

  /** A check of the list by its very name, or by the first pattern. */
  #patternOf(key: string): string | undefined {
    if (this.#patterns.has(key)) return key;
    for (const [one, pattern] of this.#patterns) if (pattern?.test(key)) return one;
    return undefined;
  }

  /** How many checks fail for each reason of the list, from the most. */
  #reasons(): [string, number][] {
    return this.#exceptions
      .map(({ checks, reason }): [string, number] => [
        reason,
        checks.reduce((sum, one) => sum + (this.#used.get(one) ?? 0), 0),
      ])
      .filter(([, n]) => n > 0)
      .sort(([, a], [, b]) => b - a);
  }

  /** The totals by category, and what does not hold. Whether all does. */
  print(isWhole: boolean): boolean {
    const log = (line: string): void => void process.stdout.write(`${line}\n`);
    for (const { key, message } of this.#failures) log(`failed  ${key}\n        ${message}`);
    const wrong = [...this.#passedThoughListed].filter(([key]) => !this.#failedAsListed.has(key));
    for (const [key, pattern] of wrong) log(`passed though listed  ${pattern}: ${key}`);
    const isUnused = (one: string): boolean => !this.#used.has(one) && !this.#varying.has(one);
    const unused = isWhole ? [...this.#patterns.keys()].filter(isUnused) : [];
    for (const one of unused) log(`listed, but no check failed  ${one}`);
    const totals = new Map<string, Count>();
    const entries = new Map<string, number>();
    for (const [key, count] of this.#counts) {
      const [category, entry] = key.split('\n');
      for (const name of [category, 'all']) {
        const total = totals.get(name) ?? { passed: 0, failed: 0, listed: 0 };
        for (const kind of ['passed', 'failed', 'listed'] as const) total[kind] += count[kind];
        totals.set(name, total);
      }
      entries.set(entry, (entries.get(entry) ?? 0) + count.failed + count.listed);
    }
    log(`\n${'category'.padEnd(20)}${['tried', 'passed', 'listed', 'failed'].map((x) => x.padStart(9)).join('')}`); // prettier-ignore
    for (const [name, { passed, listed, failed }] of totals) {
      const numbers = [passed + listed + failed, passed, listed, failed];
      log(name.padEnd(20) + numbers.map((n) => String(n).padStart(9)).join(''));
    }
    const whole = [...entries.values()].filter((n) => n === 0).length;
    log(`\n${whole} of ${entries.size} entries without a failure`);
    log('\nlisted  reason');
    for (const [reason, n] of this.#reasons()) log(`${String(n).padStart(6)}  ${reason}`);
    return this.#failures.length + wrong.length + unused.length === 0;
  }
}
