/** Whether a function does the same whenever it runs: it is traced twice, and what it did is compared call by call. */
import { bufferOf } from '../tensor/storage';
import type { Traceable } from './pair';
import type { Buffer, Call, Pointer } from './trace';
import { traceStep, type Signature, type TracedStep } from './traced';

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

function sameBuffer(a: Buffer, b: Buffer): boolean {
  if (a.address !== b.address || a.kind !== b.kind) return false;
  if (a.initial === null || b.initial === null) return a.initial === b.initial;
  const [x, y] = [a.initial, b.initial].map(
    (storage) => new Uint8Array(bufferOf(storage), storage.byteOffset, storage.byteLength),
  );
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

const samePointer = (a: Pointer, b: Pointer): boolean =>
  a.at === b.at && a.offset === b.offset && sameBuffer(a.buffer, b.buffer);
const samePointers = (a: readonly Pointer[], b: readonly Pointer[]): boolean =>
  a.length === b.length && a.every((pointer, i) => samePointer(pointer, b[i]));

const sameCall = (a: Call, b: Call): boolean =>
  a.kernel === b.kernel &&
  same(a.args, b.args) &&
  samePointers(a.pointers, b.pointers) &&
  samePointers(a.table?.entries ?? [], b.table?.entries ?? []);

const changes =
  'does something else whenever it runs, and a replay runs no JavaScript: what it reads from outside must stay, and what it keeps must be a tensor that is changed in place';

/**
 * Traces `run` once more.
 * @throws Error where that is not `traced`, or numbers are drawn from Math.random
 */
export function checkRepeated(
  traced: TracedStep,
  run: Traceable,
  signatures: readonly Signature[],
): void {
  const { random } = Math;
  let drawn = false;
  Math.random = () => {
    drawn = true;
    return random();
  };
  try {
    const again = traceStep(run, signatures);
    if (drawn) {
      throw new Error(
        'compile.step: loss draws from Math.random, which a replay does not; draw with rand([]) and its kin',
      );
    }
    const { calls } = traced;
    const isSame =
      calls.length === again.calls.length &&
      calls.every((call, i) => sameCall(call, again.calls[i]));
    if (!isSame) throw new Error(`compile.step: loss ${changes}`);
  } finally {
    Math.random = random;
  }
}
