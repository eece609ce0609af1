// What a file calls its parts may be of any length; what a message says of it is short.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'ostinato';
import { zipped } from '../../src/io/zip-writer';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));

// Quotes and zeros are written as two and six characters.
const long = `${'x'.repeat(20_000)}"\0`;
const hostile = `${'\0'.repeat(20_000)}`;

const archive = (...names: string[]): Buffer =>
  Buffer.concat([...zipped(names.map((name) => ({ name, parts: () => [Buffer.alloc(8)] })), { compress: false })]); // prettier-ignore
function safetensors(header: string): Buffer {
  const text = Buffer.from(header);
  const bytes = Buffer.alloc(8 + text.length);
  bytes.writeBigUInt64LE(BigInt(text.length));
  text.copy(bytes, 8);
  return bytes;
}

const cases: [string, (path: string) => unknown, string, (name: string) => Buffer][] = [
  ['npz, an entry that is no array', io.loadNpz, 'x.npz', (name) => archive(`${name}.npy`)],
  ['npz, a name twice', io.loadNpz, 'x.npz', (name) => archive(name, name)],
  ['npz, a name in no known text', io.loadNpz, 'x.npz', (name) => Buffer.from(archive(`${name}q`).toString('latin1').replaceAll(`${name}q`, `${name}\xff`), 'latin1')],
  ['pt, no folder', io.loadTorch, 'x.pt', (name) => archive(`a/${name}`, `b/${name}`)],
  ['safetensors, a type', io.loadSafetensors, 'x.safetensors', (name) => safetensors(JSON.stringify({ a: { dtype: name, shape: [], data_offsets: [0, 0] } }))],
  ['safetensors, a tensor', io.loadSafetensors, 'x.safetensors', (name) => safetensors(JSON.stringify({ [name]: { dtype: 'F32', shape: [1], data_offsets: [0, 3] } }))],
  ['safetensors, a key twice', io.loadSafetensors, 'x.safetensors', (name) => safetensors(`{${[1, 2].map(() => `${JSON.stringify(name)}:{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join()}}`)],
  ['safetensors, metadata', io.loadSafetensors, 'x.safetensors', (name) => safetensors(JSON.stringify({ __metadata__: { [name]: 1 } }))],
]; // prettier-ignore

it.each(cases)('%s', (_, load, file, make) => {
  for (const name of [long, hostile]) {
    const path = join(folder, file);
    writeFileSync(path, make(name));
    let message = '';
    try {
      load(path);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toMatch(/malformed file|cannot read/);
    expect(message.length).toBeLessThan(1600 + path.length);
  }
});
