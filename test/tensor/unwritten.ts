// What uninitialized memory holds: prints an element of each kind of it (test/bits/bits.test.ts).
import { allocate, acquire, release } from '../../src/tensor/pool';
import { bufferOf, type Storage } from '../../src/tensor/memory';

const first = (storage: Storage): number =>
  new Float32Array(bufferOf(storage), storage.byteOffset, 1)[0];

const used = acquire(64);
new Float32Array(bufferOf(used), used.byteOffset, 16).fill(1);
release(used);
process.stdout.write(
  JSON.stringify({
    small: String(first(allocate(12))),
    large: String(first(allocate(100_000))),
    returned: String(first(used)),
  }),
);
