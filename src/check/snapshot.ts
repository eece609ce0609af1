/** What an object that was checked held then, so that it is checked again only after a change. */
export class Snapshot {
  // The values in order, those in an array one by one. Numbers apart, which V8 compares without a call.
  readonly #numbers: number[] = [];
  readonly #others: unknown[] = [];

  /** Remembers the values of `object`. */
  take(object: Readonly<Record<string, unknown>>): void {
    this.#numbers.length = 0;
    this.#others.length = 0;
    for (const key in object) {
      const value = object[key];
      if (Array.isArray(value)) for (const one of value) this.#add(one);
      else this.#add(value);
    }
  }

  #add(value: unknown): void {
    this.#numbers.push(typeof value === 'number' ? value : NaN);
    this.#others.push(typeof value === 'number' ? undefined : value);
  }

  /** Whether `object` holds the same values; never for one that holds objects besides arrays, which may change unseen. */
  matches(object: Readonly<Record<string, unknown>>): boolean {
    const numbers = this.#numbers;
    const others = this.#others;
    let at = 0;
    // V8 reads a property under the name of a `for in` without a search for it.
    for (const key in object) {
      const value = object[key];
      if (typeof value === 'number') {
        if (value !== numbers[at++]) return false;
      } else if (typeof value !== 'object' || value === null) {
        if (value !== others[at++]) return false;
      } else if (!Array.isArray(value)) return false;
      else {
        for (let i = 0; i < value.length; i++, at++) {
          const one: unknown = value[i];
          if (typeof one === 'number' ? one !== numbers[at] : one !== others[at]) return false;
        }
      }
    }
    return at === others.length;
  }
}
