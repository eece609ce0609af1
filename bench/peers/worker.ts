/**
 * node scripts/run.cjs bench/peers/worker.ts onnx|tfjs wall|cpu: a JavaScript peer in a process of its own, so that
 * neither side's garbage is collected while the other is timed. node-process.ts asks it, over the IPC channel.
 */
import { setClock, type Clock } from '../measure';
import type { Request } from '../works/work';
import { loadOnnx } from './onnx';
import type { Engine, Side } from './peer';
import { loadTfjs } from './tfjs';

/** What a message asks for; the answer is a version, a time or results. */
export type Message =
  | { readonly ask: 'time'; readonly request: Request; readonly seconds: number }
  | { readonly ask: 'result'; readonly request: Request };

const sides = new Map<string, Side>();

async function answer(engine: Engine, message: Message): Promise<object> {
  const key = JSON.stringify(message.request);
  let side = sides.get(key);
  if (side === undefined) {
    side = await engine.side(message.request);
    sides.set(key, side);
  }
  return message.ask === 'time'
    ? { time: await side.time(message.seconds) }
    : { value: await side.result() };
}

async function main(): Promise<void> {
  const [name, clock] = process.argv.slice(2) as [string, Clock];
  setClock(clock);
  const engine = name === 'onnx' ? loadOnnx() : await loadTfjs();
  if (engine === null) {
    process.send!({ version: null });
    return;
  }
  process.on('message', (message: Message) => {
    answer(engine, message).then(
      (reply) => process.send!(reply),
      (error: unknown) => process.send!({ error: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
  process.send!({ version: engine.version });
}

void main();
