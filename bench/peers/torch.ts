/** PyTorch as a peer: a Python process that is kept alive and asked over a pipe. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

interface Answer {
  readonly version?: string;
  readonly time?: number;
  readonly value?: number[];
}

export class TorchPeer {
  readonly version: string;
  private constructor(
    private readonly process: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    version: string,
  ) {
    this.version = version;
  }

  /** Starts it, or returns null when Python or PyTorch is not installed. */
  static async start(threads: number): Promise<TorchPeer | null> {
    const env = {
      ...process.env,
      OMP_NUM_THREADS: `${threads}`,
      OPENBLAS_NUM_THREADS: `${threads}`,
    };
    for (const name of ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'])
      delete (env as Record<string, unknown>)[name];
    const child = spawn('python3', [join(__dirname, 'torch_worker.py'), `${threads}`], { env });
    child.on('error', () => undefined);
    child.stderr.resume();
    const reader: Interface = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) return null;
    return new TorchPeer(child, lines, (JSON.parse(first.value) as Answer).version ?? '?');
  }

  private async ask(request: object): Promise<Answer> {
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error('bench: the PyTorch process ended');
    return JSON.parse(line.value) as Answer;
  }

  async time(work: string, args: readonly unknown[], seconds: number): Promise<number> {
    return (await this.ask({ work, args, seconds })).time!;
  }

  async check(work: string, args: readonly unknown[]): Promise<number[]> {
    return (await this.ask({ work, args, check: true })).value!;
  }

  stop(): void {
    this.process.stdin.end();
  }
}
