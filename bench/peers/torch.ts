/** PyTorch as a peer, as a user installs it and tuned, and NumPy's OpenBLAS, which lives in the same process. */
import type { PeerName, Work } from '../works/work';
import type { Clock } from '../measure';
import { labels, type Peer, type Side } from './peer';
import { PythonProcess } from './python';

/**
 * The C library keeps what PyTorch frees instead of giving it back to the system, so that the next step does not pay
 * for zeroed pages again: no block is mapped by itself, and the heap is never trimmed.
 */
const tuning = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TRIM_THRESHOLD_: '68719476736',
  MALLOC_TOP_PAD_: '67108864',
};

/** A column that a Python process answers for. */
class PythonPeer implements Peer {
  readonly label: string;
  constructor(
    readonly name: PeerName,
    readonly version: string,
    private readonly python: PythonProcess,
    /** Which function of the worker does a work, and whether the column has it. */
    private readonly request: (work: Work) => { work: string; args: readonly unknown[] } | null,
  ) {
    this.label = labels[name];
  }

  get pid(): number {
    return this.python.pid;
  }

  side(work: Work): Promise<Side | null> {
    const request = this.request(work);
    if (request === null) return Promise.resolve(null);
    const ask = { ...request, threads: work.threads ?? 1 };
    const perRun = work.perRun ?? 1;
    let faults = 0;
    return Promise.resolve({
      result: async () => (await this.python.ask({ ...ask, check: true })).value!,
      time: async (seconds: number) => {
        const answer = await this.python.ask({ ...ask, seconds });
        faults = answer.faults!;
        return answer.time! / perRun;
      },
      faults: () => faults,
    });
  }

  stop(): void {
    this.python.stop();
  }
}

/** The columns that are installed: PyTorch twice, each in a process of its own, and OpenBLAS. */
export async function pythonPeers(clock: Clock = 'wall'): Promise<Peer[]> {
  const installed = await PythonProcess.start(clock, {});
  const tuned = await PythonProcess.start(clock, tuning);
  if (installed === null || tuned === null) return [];
  const torch = (work: Work): Work['torch'] | null => work.torch ?? null;
  const product = (work: Work): { work: string; args: readonly unknown[] } | null =>
    work.torch?.work === 'matmul' || work.torch?.work === 'row'
      ? { work: `openblas_${work.torch.work}`, args: work.torch.args }
      : null;
  const version = installed.hello.torch!;
  const { openblas } = installed.hello;
  return [
    new PythonPeer('torch', version, installed, (work) => torch(work) ?? null),
    new PythonPeer('tuned', version, tuned, (work) => torch(work) ?? null),
    ...(typeof openblas === 'string' ? [new PythonPeer('openblas', openblas, tuned, product)] : []),
  ];
}
