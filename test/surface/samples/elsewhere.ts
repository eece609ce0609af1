// Generation, autograd, files, charts, random generators.
import { join } from 'node:path';
import * as o from 'ostinato';
import { seq2seq, source } from './layers';
import { type Make, call, file, generator, leaf, on, withOptions, x } from './make';

const { nn } = o;

class Words extends nn.Module {
  embedding = new nn.Embedding(9, 4);
  gru = new nn.GRU(4, 6);
  fc = new nn.Linear(6, 9);
  forward(input: o.Tensor, state?: o.Tensor): [o.Tensor, o.Tensor] {
    const [out, next] = this.gru.forward(this.embedding.forward(input), state);
    return [this.fc.forward(out), next];
  }
}
class Numbers extends nn.Module {
  gru = new nn.GRU(3, 6);
  fc = new nn.Linear(6, 3);
  forward(input: o.Tensor, state?: o.Tensor): [o.Tensor, o.Tensor] {
    const [out, next] = this.gru.forward(input, state);
    return [this.fc.forward(out), next];
  }
}
const lengths = (): Record<string, unknown> => ({
  maxLength: 3,
  minLength: 1,
  stop: 8,
  batchFirst: false,
  state: x(1, 1, 6),
  vocabularySize: 9,
});
const choices = (): Record<string, unknown> => ({
  sample: true,
  temperature: 0.9,
  topK: 5,
  topP: 0.9,
  repetitionPenalty: 1.1,
  generator: generator(),
});
const sequenceOptions = (): Record<string, unknown> => ({
  length: 3,
  feedback: (out: o.Tensor) => out,
  stop: () => false,
  batchFirst: false,
  state: x(1, 1, 6),
});
const { signal } = new AbortController();
export const generation: Record<string, Make> = {
  tokens: () => withOptions({ ...choices(), ...lengths() }, new Words(), [1, 2]),
  stream: () => withOptions({ ...choices(), ...lengths(), signal }, new Words(), [1, 2]),
  beamSearch: () =>
    withOptions(
      { beams: 2, lengthPenalty: 1, repetitionPenalty: 1.1, ...lengths() },
      ...[new Words(), [1, 2]],
    ),
  sequence: () => withOptions(sequenceOptions(), new Numbers(), x(1, 1, 3)),
  streamSequence: () => withOptions({ ...sequenceOptions(), signal }, new Numbers(), x(1, 1, 3)),
  decode: () =>
    withOptions(
      { repetitionPenalty: 1.1, maxLength: 3, minLength: 1, vocabularySize: 9, beams: 2, lengthPenalty: 1, start: 1,
        end: 2, lengths: [3, 2] }, // prettier-ignore
      ...[seq2seq(), source()],
    ),
  decoderOf: () => call(seq2seq()),
};

const saved = (name: string): string => {
  const path = file(name);
  o.io.saveSafetensors(path, new Map([['x', x(2)]]));
  return path;
};
const fileTypes = { float32: 'float16', float64: 'float32', int32: 'int64' };
const chart = { title: 'A title', width: 400, height: 300 };
/** A function of the user's that takes anything. */
class Same extends o.autograd.Function {
  static context: o.autograd.FunctionContext;
  static forward(ctx: o.autograd.FunctionContext, given: o.Tensor): o.Tensor {
    Same.context = ctx;
    void given;
    return o.ones([2]);
  }
  static backward(_: o.autograd.FunctionContext, g: o.Tensor): o.Tensor {
    return g;
  }
}
const context = (): o.autograd.FunctionContext => {
  Same.apply(leaf(2));
  return Same.context;
};
const derivative = { createGraph: true, strict: true };
const cubes = (a: o.Tensor): o.Tensor => a.pow(3).sum();
const functional: Record<string, Make> = {
  jacobian: () => withOptions(derivative, (a: o.Tensor) => a.tanh(), [leaf(2)]),
  hessian: () => withOptions(derivative, cubes, leaf(2)),
  vjp: () => withOptions(derivative, (a: o.Tensor) => a.tanh(), [leaf(2)], x(2)),
  jvp: () => withOptions(derivative, (a: o.Tensor) => a.tanh(), leaf(2), x(2)),
  vhp: () => withOptions(derivative, cubes, leaf(2), x(2)),
  hvp: () => withOptions(derivative, cubes, leaf(2), [x(2)]),
};
export const elsewhere: Record<string, Make> = {
  ...Object.fromEntries(
    Object.entries(functional).map(([name, make]) => [`autograd.functional.${name}`, make]),
  ),
  'utils.checkpoint.checkpoint': () =>
    withOptions(
      { preserveRngState: true, useReentrant: false },
      ...[(a: o.Tensor) => o.tanh(a).mul(a), [leaf(3)]],
    ),
  'utils.checkpoint.checkpointSequential': () =>
    withOptions(
      { preserveRngState: true, useReentrant: false },
      ...[[new nn.Linear(3, 3), new nn.Tanh()], 2, leaf(2, 3)],
    ),
  deepcopy: () => call(new Words()),
  'autograd.backward': () =>
    withOptions(
      { gradTensors: [x(2)], retainGraph: true, createGraph: false, inputs: [leaf(2)] },
      ...[[leaf(2).mul(2)]],
    ),
  'autograd.grad': () => {
    const input = leaf(2);
    return withOptions(
      {
        gradOutputs: [x(2)],
        retainGraph: true,
        createGraph: true,
        allowUnused: true,
        materializeGrads: true,
      },
      ...[[input.mul(2)], [input]],
    );
  },
  'autograd.gradcheck': () =>
    withOptions(
      { eps: 1e-6, atol: 1e-5, rtol: 1e-3, raiseException: true },
      ...[(a: o.Tensor) => a.tanh(), [x(2).double().requiresGrad_()]],
    ),
  'autograd.gradgradcheck': () =>
    withOptions(
      { eps: 1e-6, atol: 1e-5, rtol: 1e-3, raiseException: true },
      ...[(a: o.Tensor) => a.tanh(), [x(2).double().requiresGrad_()]],
    ),
  'autograd.noGrad': () => call(() => 1),
  'autograd.enableGrad': () => call(() => 1),
  'autograd.isGradEnabled': () => call(),
  'autograd.FunctionContext.saveForBackward': () => on(context(), x(2), null),
  'autograd.FunctionContext.markNonDifferentiable': () => on(context(), x(2)),
  'autograd.FunctionContext.setMaterializeGrads': () => on(context(), false),
  'autograd.inferenceMode': () => call(() => 1),
  'autograd.setGradEnabled': () => call(true, () => 1),
  'autograd.detectAnomaly': () => withOptions({ checkNan: true }, () => 1),
  'autograd.setDetectAnomaly': () => withOptions({ checkNan: true }, false),
  inferenceMode: () => call(() => 1),
  setGradEnabled: () => call(true, () => 1),
  noGrad: () => call(() => 1),
  enableGrad: () => call(() => 1),
  isGradEnabled: () => call(),
  compile: () => withOptions({ cacheSize: 4 }, (a: o.Tensor) => a.tanh()),
  'compile.step': () => {
    const model = new o.nn.Linear(2, 1);
    const optimizer = new o.optim.SGD(model.parameters(), { lr: 0.1 });
    const scheduler = new o.optim.lrScheduler.ExponentialLR(optimizer, 0.9);
    const loss = (a: o.Tensor): o.Tensor => model.forward(a).sum();
    return withOptions({ model, optimizer, loss, clip: 1, scheduler, cacheSize: 4 });
  },
  'train.fit': () => {
    const model = new o.nn.Linear(2, 1);
    const optimizer = new o.optim.SGD(model.parameters(), { lr: 0.1 });
    const pairs = [[x(3, 2), x(3, 1)]] as [o.Tensor, o.Tensor][];
    return withOptions(
      {
        // Of whatever a batch is.
        loss: (batch: [o.Tensor, o.Tensor]) => model.forward(batch?.[0]).sub(batch?.[1]).sum(),
        optimizer,
        epochs: 1,
        predict: (batch: [o.Tensor, o.Tensor]) => [model.forward(batch?.[0]), batch?.[1]],
        scheduler: new o.optim.lrScheduler.ExponentialLR(optimizer, 0.9),
        schedulerPer: 'epoch',
        metrics: ['mae'],
        validation: pairs,
        monitor: 'loss',
        mode: 'min',
        earlyStopping: { patience: 2, minDelta: 0.1, restoreBest: true },
        clip: 1,
        accumulate: 1,
        checkpoint: file('fit.safetensors'),
        callbacks: [{ onStep: () => undefined }],
        signal: AbortSignal.abort(),
        progress: { disable: true },
        compile: true,
      },
      ...[model, pairs],
    );
  },
  'io.saveSafetensors': () =>
    withOptions(
      { metadata: { a: 'b' }, ...fileTypes },
      file('saved.safetensors'),
      new Map([['x', x(2)]]),
    ),
  'io.loadSafetensors': () => call(saved('loaded.safetensors')),
  'io.readSafetensorsMetadata': () => call(saved('read.safetensors')),
  'io.saveNpy': () => withOptions(fileTypes, file('saved.npy'), x(2)),
  'io.loadNpy': () => {
    o.io.saveNpy(file('loaded.npy'), x(2));
    return call(file('loaded.npy'));
  },
  'io.saveNpz': () =>
    withOptions({ compress: true, ...fileTypes }, file('saved.npz'), new Map([['x', x(2)]])),
  'io.loadNpz': () => {
    o.io.saveNpz(file('loaded.npz'), new Map([['x', x(2)]]));
    return call(file('loaded.npz'));
  },
  'io.loadTorch': () => call(join(__dirname, '..', '..', 'io', 'files', 'state.pt')),
  'io.exportOnnx': () =>
    withOptions(
      {
        example: x(1, 2),
        inputNames: ['x'],
        outputNames: ['y'],
        dynamicAxes: { x: { 0: 'n' } },
        opset: 17,
      },
      new o.nn.Linear(2, 1),
      file('exported.onnx'),
    ),
  'io.loadOnnx': () => call(join(__dirname, '..', '..', 'io', 'onnx', 'files', 'old.onnx')),
  'io.toMessage': () => call(x(2)),
  'io.fromMessage': () => call(o.io.toMessage(x(2))),
  'io.saveCheckpoint': () => call(file('checkpoint.safetensors'), { epoch: 1 }),
  'io.loadCheckpoint': () => {
    const path = file('loaded-checkpoint.safetensors');
    const net = new o.nn.Linear(1, 1);
    o.io.saveCheckpoint(path, { net });
    return withOptions({ strict: true }, path, { net });
  },
  'plot.curve': () =>
    withOptions({ x: 'step', y: 'loss', logY: true, dots: true, ...chart }, { loss: [3, 2, 1] }),
  'plot.matrix': () =>
    withOptions(
      { x: 'x', y: 'y', rows: ['a', 'b'], columns: ['c', 'd'], range: [0, 1], numbers: true, ...chart }, // prettier-ignore
      x(2, 2),
    ),
  'plot.matrices': () =>
    withOptions(
      { range: [0, 1], numbers: true, titles: ['a', 'b'], perRow: 2, ...chart },
      ...[[x(2, 2), x(2, 2)]],
    ),
  'testing.assertClose': () =>
    withOptions({ rtol: 1, atol: 1, equalNan: true, checkDtype: false }, x(2), x(2)),
  'testing.tensorEquality': () => call(x(2), x(2)),
  'plot.save': () => call(file('chart.svg'), '<svg/>'),
  Progress: () =>
    withOptions({
      total: 3, desc: 'a', unit: 'it', unitScale: true, leave: true, disable: true, minInterval: 0.1,
      stream: { write: () => true, isTTY: false },
    }), // prettier-ignore
  'Progress.close': () => on(new o.Progress({ disable: true })),
  'Progress.line': () => on(new o.Progress({ disable: true }), 80),
  'Progress.setDescription': () => on(new o.Progress({ disable: true }), 'a'),
  'Progress.setPostfix': () => on(new o.Progress({ disable: true }), { loss: 1 }),
  'Progress.setTotal': () => on(new o.Progress({ disable: true }), 5),
  'Progress.update': () => on(new o.Progress({ disable: true }), 1),
  'Progress.write': () => on(new o.Progress({ disable: true }), 'a line'),
  tqdm: () => withOptions({ total: 3, desc: 'a', disable: true }, [1, 2, 3]),
  'tqdm.write': () => call('a line'),
  Generator: () => call(),
  'Generator.getState': () => on(generator()),
  'Generator.initialSeed': () => on(generator()),
  'Generator.manualSeed': () => on(generator(), 3),
  'Generator.seed': () => on(generator()),
  'Generator.setState': () => on(generator(), generator().getState()),
  manualSeed: () => call(3),
  seed: () => call(),
  initialSeed: () => call(),
  getRngState: () => call(),
  setRngState: () => call(o.getRngState()),
  getNumThreads: () => call(),
  setNumThreads: () => call(1),
};
