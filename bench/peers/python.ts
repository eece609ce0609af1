/** A Python process that is kept alive and asked over a pipe, a line of JSON each way (torch_worker.py). */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import type { Clock } from '../measure';
import { createInterface } from 'node:readline';

export interface Answer {
  readonly torch?: string;
  readonly openblas?: string | null;
  readonly time?: number;
  readonly faults?: number;
  readonly value?: number[][];
  readonly error?: string;
}

export class PythonProcess {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    readonly hello: Answer,
  ) {}

  get pid(): number {
    return this.child.pid!;
  }

  /** Starts torch_worker.py, or returns null when Python or PyTorch is not installed. */
  static async start(
    clock: Clock,
    environment: Readonly<Record<string, string>>,
  ): Promise<PythonProcess | null> {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      OMP_NUM_THREADS: '1',
      OPENBLAS_NUM_THREADS: '1',
      ...environment,
    };
    // They change which of its kernels OpenBLAS takes.
    delete env['OPENBLAS_CORETYPE'];
    delete env['OPENBLAS_L2_SIZE'];
    const child = spawn('python3', [join(__dirname, 'torch_worker.py'), clock], { env });
    child.on('error', () => undefined);
    child.stderr.resume();
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) return null;
    return new PythonProcess(child, lines, JSON.parse(first.value) as Answer);
  }

  async ask(request: object): Promise<Answer> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error('bench: the Python process ended');
    const answer = JSON.parse(line.value) as Answer;
    if (answer.error !== undefined) throw new Error(`bench: torch_worker.py: ${answer.error}`);
    return answer;
  }

  stop(): void {
    this.child.stdin.end();
  }
}
