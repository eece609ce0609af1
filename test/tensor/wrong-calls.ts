// Kernel calls that touch one element too many, or memory that was released: `npm run test:sanitize` runs each in a process of its
// own, which AddressSanitizer must end. Without an argument, lists them; `right` is the same call as it should be.
import { family } from '../../src/native/families';
import { runAlong } from '../../src/native/calls';
import { memoryAt, type Memory } from '../../src/native/memory';
import { allocate, acquire, release } from '../../src/tensor/pool';

const floats = (count: number): Memory => allocate(4 * count);
const cumsum = family('cumsum').f32!;
const run = (x: Memory, out: Memory, n: number): void => runAlong(cumsum, x, out, 1, n, 1);

function returned(count: number): Memory {
  const storage = acquire(4 * count);
  release(storage);
  return storage;
}

// Slabs hold pieces of up to 4096 bytes, multiples of 64; larger storages are on their own.
const calls: Record<string, () => void> = {
  right: () => run(floats(16), floats(2000), 16),
  'reads into the slack of a piece': () => run(floats(3), floats(5), 4),
  'writes into the slack of a piece': () => run(floats(5), floats(3), 4),
  'reads the next piece': () => run(floats(16), floats(32), 17),
  'writes the next piece': () => run(floats(32), floats(16), 17),
  'reads in front of a piece': () => run(memoryAt(floats(16), -4), floats(16), 16),
  'writes in front of a piece': () => run(floats(16), memoryAt(floats(16), -4), 16),
  'reads into the slack of a storage': () => run(floats(2000), floats(3000), 2001),
  'writes into the slack of a storage': () => run(floats(3000), floats(2000), 2001),
  'writes in front of a storage': () => run(floats(2000), memoryAt(floats(2000), -4), 2000),
  'writes into the slack of an acquired storage': () => run(floats(3000), acquire(8004), 2002),
  'reads a piece that was released': () => run(returned(3), floats(3), 3),
  'writes a storage that was released': () => run(floats(2000), returned(2000), 2000),
};

const name = process.argv[2];
if (name === undefined) process.stdout.write(JSON.stringify(Object.keys(calls)));
else calls[name]();
