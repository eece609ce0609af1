/** Prompts: one or a batch, as arrays or tensors, checked once. */
import { describe, isArray, isInstance } from '../check';
import { tensor } from '../ops';
import { showShape } from '../tensor/shape';
import { isTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';

/** Tokens that one row begins with. */
export type Prompt = readonly number[] | Int32Array | Tensor;
/** A prompt for each row; they may differ in length. A tensor is [N, T]. */
export type Prompts = readonly (readonly number[] | Int32Array)[] | Tensor;

/** Whether it is a prompt for one row: numbers, or a tensor of one dimension. */
export function isSingle(prompt: Prompt | Prompts): prompt is Prompt {
  if (isTensor(prompt)) return prompt.ndim === 1;
  if (isInstance(prompt, Int32Array)) return true;
  return isArray(prompt) && !prompt.some((row) => typeof row === 'object');
}

function rowsOf(operation: string, prompt: unknown): readonly unknown[] {
  if (isInstance(prompt, Int32Array)) return [prompt];
  if (isTensor(prompt)) {
    if (prompt.dtype !== 'int32') {
      throw new TypeError(`${operation}: prompt must be int32, got ${prompt.dtype}`);
    }
    if (prompt.ndim === 1) return [prompt.toTypedArray()];
    if (prompt.ndim !== 2) {
      throw new RangeError(
        `${operation}: prompt must be [T] or [N, T], got shape ${showShape(sizesOf(prompt))}`,
      );
    }
    return Array.from({ length: sizesOf(prompt)[0] }, (_, n) => prompt.select(0, n).toTypedArray());
  }
  if (!isArray(prompt)) {
    throw new TypeError(
      `${operation}: prompt must be an array of tokens, an array of such arrays, or an int32 tensor, got ${describe(prompt)}`,
    );
  }
  return isSingle(prompt as Prompt) ? [prompt] : prompt;
}

/** The prompt in an array of its own, which is read once. */
export const ownPrompt = <P extends Prompt | Prompts>(prompt: P): P =>
  isArray(prompt) ? (Array.from(prompt) as unknown as P) : prompt;

/**
 * The tokens of every row.
 * @throws TypeError for what is no list of integers; RangeError for an empty prompt, and for a token below 0 or (when
 * the vocabulary's size is known) outside the vocabulary.
 */
export function promptRows(
  operation: string,
  prompt: Prompt | Prompts,
  vocabularySize?: number,
): number[][] {
  const rows = rowsOf(operation, prompt);
  const many = rows.length > 1;
  if (rows.length === 0) throw new RangeError(`${operation}: the prompt is empty`);
  return rows.map((row, n) => {
    const which = many ? `prompt ${n}` : 'the prompt';
    if (!isArray(row) && !isInstance(row, Int32Array)) {
      throw new TypeError(
        `${operation}: ${which} must be an array of tokens, got ${describe(row)}`,
      );
    }
    if (row.length === 0) {
      throw new RangeError(
        `${operation}: ${which} is empty; begin with at least one token, for example the start token`,
      );
    }
    return Array.from(row as ArrayLike<unknown>, (token) =>
      checkToken(operation, which, token, vocabularySize),
    );
  });
}

/** @throws TypeError, RangeError unless `token` is an integer from 0 on, below the vocabulary's size if that is known. */
export function checkToken(
  operation: string,
  which: string,
  token: unknown,
  vocabularySize?: number,
): number {
  if (typeof token !== 'number' || !Number.isInteger(token)) {
    throw new TypeError(
      `${operation}: ${which} must hold integers (tokens), got ${describe(token)}`,
    );
  }
  if (
    token < 0 ||
    token > 2 ** 31 - 1 ||
    (vocabularySize !== undefined && token >= vocabularySize)
  ) {
    const known = vocabularySize === undefined ? '' : ` of ${vocabularySize}`;
    const last = vocabularySize === undefined ? '' : ` (0 … ${vocabularySize - 1})`;
    throw new RangeError(
      `${operation}: ${which} has token ${token}, which is outside the vocabulary${known}${last}`,
    );
  }
  return token;
}

/** Tokens of all rows as the model's input: rows[n][t] at [t, n], or at [n, t] with `batchFirst`. */
export function inputOf(rows: readonly ArrayLike<number>[], batchFirst: boolean): Tensor {
  const [batch, steps] = [rows.length, rows[0].length];
  const values = new Int32Array(batch * steps);
  for (let n = 0; n < batch; n++) {
    for (let t = 0; t < steps; t++) values[batchFirst ? n * steps + t : t * batch + n] = rows[n][t];
  }
  return tensor(values).reshape(batchFirst ? [batch, steps] : [steps, batch]);
}
