/**
 * Numbers one by one, in double precision, for draws that take a number of them that is not known beforehand. Uniform numbers come in
 * blocks, and what is left of a block is given back: the words of the generator's own block stay where they are until it is computed anew,
 * so that its position alone says which are used. The generator ends where drawing one number at a time would have left it.
 */
import { family } from '../native/families';
import { runRandomNormal, runRandomUniform } from '../native/calls';
import { pick } from '../ops/kernels/launch';
import { elementsOf, empty } from '../tensor/tensor';
import type { Generator } from './generator';

const kernels = {
  uniform: family('random_uniform'),
  normal: family('random_normal_serial'),
};

const blockSize = 312;

/** Uniform numbers in [0, 1), and standard normal ones, of one generator, which `settle` leaves behind the last one. */
export class Numbers {
  readonly #generator: Generator;
  readonly #block = empty([blockSize + 1], 'float64');
  readonly #memory = elementsOf(this.#block, blockSize + 1);
  readonly #drawUniform = pick('uniform', kernels.uniform, 'float64');
  readonly #drawNormal = pick('normal', kernels.normal, 'float64');
  #at = 0;
  #end = 0;

  constructor(generator: Generator) {
    this.#generator = generator.drawing();
  }

  /** A uniform number in [0, 1). */
  uniform(): number {
    if (this.#at === this.#end) {
      // At least one: where a number's two words are in two blocks, none can be given back.
      this.#end = Math.max(1, Math.floor(this.#generator.wordsLeft / 2));
      this.#at = 0;
      runRandomUniform(this.#drawUniform, this.#generator, this.#block, this.#end, 0, 1);
    }
    return this.#memory[this.#at++];
  }

  /** A standard normal number. */
  normal(): number {
    const kept = this.#generator.takeNormal();
    // Not −0, as the kernel has it.
    if (kept !== null) return kept + 0;
    this.settle();
    runRandomNormal(this.#drawNormal, this.#generator, this.#block, 1, 0, 1);
    return this.#memory[0];
  }

  /** Gives back the numbers of the block that were not taken. */
  settle(): void {
    this.#generator.giveBack(2 * (this.#end - this.#at));
    this.#at = this.#end = 0;
  }
}
