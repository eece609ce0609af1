/** onnxruntime-node as a peer, where it is installed: `npm install --no-save onnxruntime-node`. */
import { lstmModel } from './onnx-model';

interface OnnxTensor {
  readonly data: Float32Array;
}
interface Session {
  run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
}
interface Runtime {
  InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OnnxTensor;
}

export class OnnxPeer {
  private constructor(
    readonly version: string,
    private readonly runtime: Runtime,
  ) {}

  static load(): OnnxPeer | null {
    try {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a peer that may be missing
      const runtime = require('onnxruntime-node') as Runtime;
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- the same
      const { version } = require('onnxruntime-node/package.json') as { version: string };
      return new OnnxPeer(version, runtime);
    } catch {
      return null;
    }
  }

  /** A function that runs one step of an LSTM, feeding its states back. */
  async lstmStep(
    [N, I, H]: readonly [number, number, number],
    weights: readonly Float32Array[],
    x: Float32Array,
  ): Promise<() => Promise<Float32Array>> {
    const { InferenceSession, Tensor } = this.runtime;
    const session = await InferenceSession.create(lstmModel([1, N, I, H], weights), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionProviders: ['cpu'],
    });
    const input = new Tensor('float32', x, [1, N, I]);
    let h = new Tensor('float32', new Float32Array(N * H), [1, N, H]);
    let c = new Tensor('float32', new Float32Array(N * H), [1, N, H]);
    return async () => {
      const results = await session.run({ X: input, h0: h, c0: c });
      h = results['Y_h'];
      c = results['Y_c'];
      return h.data;
    };
  }
}

/** Seconds for one call of an asynchronous body, over about `seconds` of calls. */
export async function timeAsync(body: () => Promise<unknown>, seconds: number): Promise<number> {
  await body();
  let count = 0;
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  do {
    await body();
    count++;
  } while (elapsed() < seconds);
  return elapsed() / count;
}
