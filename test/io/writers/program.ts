// Saves one path over and over until it is ended: `program.ts PATH VALUE`. Prints a line before it begins.
import { io, tensor } from 'ostinato';

const [path, value] = process.argv.slice(-2) as [string, string];
const tensors = new Map([['x', tensor(new Float32Array(50_000).fill(Number(value)))]]);
process.stdout.write('ready\n');
for (;;) io.saveSafetensors(path, tensors);
