/** A JavaScript peer as a process that is kept alive and asked over its IPC channel (worker.ts). */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Clock } from '../measure';
import type { Work } from '../works/work';
import { labels, type Peer, type Side } from './peer';
import type { Message } from './worker';

interface Answer {
  readonly version?: string | null;
  readonly time?: number;
  readonly value?: number[][];
  readonly error?: string;
}

/** The next message, or an error once the process has ended. */
function next(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      child.off('message', settle);
      child.off('exit', ended);
      resolve(answer);
    };
    const ended = (): void => settle({ error: 'the process ended' });
    child.once('message', settle);
    child.once('exit', ended);
  });
}

/** onnxruntime or tfjs, or null when it is not installed. */
export async function nodePeer(name: 'onnx' | 'tfjs', clock: Clock): Promise<Peer | null> {
  const program = join(__dirname, '..', '..', 'scripts', 'run.cjs');
  const child = fork(program, [join(__dirname, 'worker.ts'), name, clock], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const { version } = await next(child);
  if (typeof version !== 'string') {
    child.kill();
    return null;
  }
  const ask = async (message: Message): Promise<Answer> => {
    child.send(message);
    const answer = await next(child);
    if (answer.error !== undefined) throw new Error(`bench: ${labels[name]}: ${answer.error}`);
    return answer;
  };
  return {
    name,
    label: labels[name],
    version,
    pid: child.pid!,
    side(work: Work): Promise<Side | null> {
      const request = work[name];
      if (request === undefined) return Promise.resolve(null);
      return Promise.resolve({
        result: async () => (await ask({ ask: 'result', request })).value!,
        time: async (seconds: number) => (await ask({ ask: 'time', request, seconds })).time!,
      });
    },
    stop: () => child.disconnect(),
  };
}
