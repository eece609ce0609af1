/** Works of onnxruntime-node, in the process that worker.ts is. A session runs on the main thread. */
import { timeAsync } from '../measure';
import { streamingWeights } from '../works/recurrent';
import { sample, type Request } from '../works/work';
import { lstmModel } from './onnx-model';
import type { Engine, Side } from './peer';

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

/** A function that runs one step of an LSTM I → H over one row, feeding its states back. */
async function lstmStep(
  { InferenceSession, Tensor }: Runtime,
  I: number,
  H: number,
): Promise<() => Promise<Float32Array>> {
  const { weights, x } = streamingWeights(I, H);
  const session = await InferenceSession.create(lstmModel([1, 1, I, H], weights), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionProviders: ['cpu'],
  });
  const input = new Tensor('float32', x, [1, 1, I]);
  let h = new Tensor('float32', new Float32Array(H), [1, 1, H]);
  let c = new Tensor('float32', new Float32Array(H), [1, 1, H]);
  return async () => {
    const results = await session.run({ X: input, h0: h, c0: c });
    h = results['Y_h'];
    c = results['Y_c'];
    return h.data;
  };
}

/** onnxruntime, or null when it is not installed. */
export function loadOnnx(): Engine | null {
  let runtime: Runtime;
  let version: string;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a peer that may be missing
    runtime = require('onnxruntime-node') as Runtime;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the same
    ({ version } = require('onnxruntime-node/package.json') as { version: string });
  } catch {
    return null;
  }
  return {
    version,
    async side({ args }: Request): Promise<Side> {
      const [I, H] = args as [number, number];
      const step = await lstmStep(runtime, I, H);
      return {
        async result() {
          const fresh = await lstmStep(runtime, I, H);
          return [sample(await fresh()), sample(await fresh()), sample(await fresh())];
        },
        time: (seconds) => timeAsync(step, seconds),
      };
    },
  };
}
