/**
 * What the fields of a module were seen to hold. A field that held a module or a parameter holds one or nothing: what else
 * replaced it would be left out of walks and state dicts without a word.
 */
import { describe, describeOfAnotherCopy } from '../check';

const kinds = { module: 'a Module', parameter: 'a Parameter, a Tensor' } as const;
export type HeldKind = keyof typeof kinds;

/** @throws TypeError always, in PyTorch's words for such an assignment. */
export function refuseField(
  owner: object,
  name: string,
  value: unknown,
  held: string,
  expected: string,
): never {
  throw new TypeError(
    `${owner.constructor.name}: cannot assign ${describe(value)} as ${held} '${name}', which must be ${expected} or null`,
  );
}

export class HeldFields {
  readonly #kinds = new Map<string, HeldKind>();

  /** Notes that the field holds one of a kind. */
  note(name: string, kind: HeldKind): void {
    this.#kinds.set(name, kind);
  }

  /**
   * Checks a field that holds neither. A tensor in a parameter's place is a weight that is computed, and not learned itself.
   * @throws TypeError where it held another kind of thing, and for what another copy of the package has made.
   */
  check(owner: object, name: string, value: unknown, isTensor: boolean): void {
    const foreign = isTensor ? undefined : describeOfAnotherCopy(value);
    if (foreign !== undefined) {
      throw new TypeError(`${owner.constructor.name}: field '${name}' holds ${foreign}`);
    }
    const held = this.#kinds.get(name);
    if (held === undefined || value === null || value === undefined) return;
    if (held === 'parameter' && isTensor) return;
    refuseField(owner, name, value, held, kinds[held]);
  }

  forget(name: string): void {
    this.#kinds.delete(name);
  }
}
