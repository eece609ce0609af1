/**
 * Text as numbers: which characters there are, and a text cut into parallel streams for truncated
 * back-propagation through time.
 */
import { elementsOf, empty } from '../../tensor/tensor';
import type { Tensor } from '../../tensor/tensor';

/** The distinct characters (Unicode code points) of a text, sorted; a character's index is its place. */
export class Vocabulary {
  readonly characters: readonly string[];
  private readonly indices: ReadonlyMap<string, number>;

  constructor(characters: Iterable<string>) {
    this.characters = [...new Set(characters)].sort(
      (a, b) => a.codePointAt(0)! - b.codePointAt(0)!,
    );
    this.indices = new Map(this.characters.map((character, i) => [character, i]));
  }

  get size(): number {
    return this.characters.length;
  }

  /** @throws RangeError naming the first character that the vocabulary does not have. */
  encode(text: string): Int32Array {
    // At most as many code points as UTF-16 units.
    const out = new Int32Array(text.length);
    let count = 0;
    for (const character of text) {
      const index = this.indices.get(character);
      if (index === undefined) {
        throw new RangeError(
          `Vocabulary.encode: the character ${JSON.stringify(character)} is not among the ${this.size} that the model knows`,
        );
      }
      out[count++] = index;
    }
    return out.subarray(0, count);
  }

  decode(indices: Iterable<number>): string {
    let text = '';
    for (const i of indices) {
      const character = this.characters[i];
      if (character === undefined) {
        throw new RangeError(`Vocabulary.decode: index ${i} is outside 0 … ${this.size - 1}`);
      }
      text += character;
    }
    return text;
  }
}

/** One step of truncated back-propagation: inputs and the characters that follow them, both [T, N]. */
export interface StreamBatch {
  readonly input: Tensor;
  readonly target: Tensor;
  /** Whether the streams begin here, so that the carried state must be dropped. */
  readonly starts: boolean;
}

/**
 * A text as `rows` parallel streams, walked `steps` characters at a time, so that the state after one batch is the
 * state before the next. Characters that do not fill a whole batch at the end are left out.
 */
export class Streams {
  readonly rows: number;
  readonly steps: number;
  /** Batches in one pass over the text. */
  readonly batches: number;
  private readonly stride: number;

  constructor(
    private readonly data: Int32Array,
    rows: number,
    steps: number,
  ) {
    // A short text gets fewer and shorter streams rather than none.
    const usable = data.length - 1;
    this.rows = Math.max(1, Math.min(rows, Math.floor(usable / 8)));
    this.stride = Math.floor(usable / this.rows);
    this.steps = Math.min(steps, this.stride);
    this.batches = this.steps === 0 ? 0 : Math.floor(this.stride / this.steps);
  }

  get(index: number): StreamBatch {
    const { rows, steps } = this;
    const input = empty([steps, rows], 'int32');
    const target = empty([steps, rows], 'int32');
    const [x, y] = [elementsOf(input, input.numel), elementsOf(target, target.numel)];
    for (let n = 0; n < rows; n++) {
      const from = n * this.stride + index * steps;
      for (let t = 0; t < steps; t++) {
        x[t * rows + n] = this.data[from + t];
        y[t * rows + n] = this.data[from + t + 1];
      }
    }
    return { input, target, starts: index === 0 };
  }
}
