/**
 * Tracing a function forward and backward: which calls it makes, which buffers are its arguments, its results and the
 * gradients of both, and which tensors from outside it uses.
 */
import { describe } from '../check';
import { gradients } from '../autograd/gradients';
import { withoutHooks } from '../autograd/hooks';
import { setGradMode } from '../autograd/mode';
import { nextOrder, nodeOf, type Node } from '../autograd/node';
import { clone } from '../ops/copying/clone';
import type { PackedWeight } from '../ops/matmul/packed-weight';
import { rowMajorCopy } from '../ops/copying/row-major';
import { isDense } from '../ops/kernels/result';
import { isFloat, itemSize, type DType } from '../tensor/dtype';
import { showShape, type Shape } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import { isTensor } from '../tensor/rules';
import { elementStridesOf, sizesOf, historyOf, setHistory, type Tensor } from '../tensor/tensor';
import { Trace, type Buffer, type Call } from './trace';
import { flattenResult, replaceTensors } from './tree';

/** A tensor that runs of a program take or make, and the buffer that it fills. */
export interface Slot {
  readonly buffer: Buffer;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Of a result with its dimensions in another order in memory; null for row-major. */
  readonly strides: readonly number[] | null;
}

/** A result of the function. */
export interface OutputSlot extends Slot {
  readonly requiresGrad: boolean;
}

export interface Traced {
  readonly forward: readonly Call[];
  readonly backward: readonly Call[];
  readonly inputs: readonly Slot[];
  readonly outputs: readonly OutputSlot[];
  /** What the function returned: placeholders for the outputs, in order. */
  readonly result: unknown;
  /** For each output its gradient; null where none arrives. */
  readonly gradOutputs: readonly (Slot | null)[];
  /** Leaves from outside that gradients are computed for. */
  readonly leaves: readonly Tensor[];
  /** What the gradients of the inputs, then of the leaves, begin with; null for nothing. */
  readonly seeds: readonly (Slot | null)[];
  /** The gradients of the inputs, then of the leaves; null where none flows. */
  readonly gradients: readonly (Slot | null)[];
  /** Every tensor from outside that the function uses. */
  readonly captured: readonly Tensor[];
  /** The states of the generators that it draws from. */
  readonly drawn: readonly Storage[];
  /** What its recurrent layers pack. */
  readonly layers: readonly LayerPack[];
}

/** The weights of a recurrent layer in a trace, and what its calls pack them into. */
export interface LayerPack {
  readonly weights: readonly (Tensor | null)[];
  readonly packed: Buffer;
  readonly runState: Buffer | null;
}

/** What is known of an argument. */
export interface Signature {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly requiresGrad: boolean;
}

type Arriving = (output: number) => boolean;

const slotOf = (trace: Trace, x: Tensor): Slot => ({
  buffer: trace.bufferOf(x),
  shape: sizesOf(x),
  dtype: x.dtype,
  strides: x.contiguousLayout ? null : elementStridesOf(x),
});

// A tensor that fills a buffer of the trace's own alone: `x`, or a copy of it; in row-major order, or in that of x.
function own(trace: Trace, x: Tensor, taken: Set<Buffer>, copy: (x: Tensor) => Tensor): Tensor {
  const buffer = trace.tryBufferOf(x);
  const alone =
    buffer !== null &&
    buffer.kind === 'made' &&
    buffer.initial === null &&
    !taken.has(buffer) &&
    (x.contiguousLayout || (copy === clone && isDense(x))) &&
    x.offset === 0 &&
    x.storage.byteLength === x.numel * itemSize(x.dtype);
  const result = alone ? x : copy(x);
  taken.add(trace.bufferOf(result));
  return result;
}

// The leaves from outside that results depend on. A node older than the trace was made outside.
function leavesOf(
  outputs: readonly Tensor[],
  inputs: ReadonlySet<Tensor>,
  start: number,
): Tensor[] {
  const nodes: Node[] = [];
  const seen = new Set<Node>();
  const visit = (node: Node | null): void => {
    if (node === null || seen.has(node)) return;
    seen.add(node);
    nodes.push(node);
  };
  const leaves: Tensor[] = [];
  for (const out of outputs) if (out.requiresGrad) visit(nodeOf(out));
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node.leaf !== null) {
      if (!inputs.has(node.leaf)) leaves.push(node.leaf);
    } else if (node.order < start) {
      throw new Error(
        `compile: the function uses a tensor from outside that an operation made (${node.name}) and that requires gradients; pass it as an argument, or detach() it`,
      );
    } else for (const one of node.next) visit(one);
  }
  return leaves;
}

/**
 * Traces `run`, which gets a placeholder for each input.
 * @param training whether gradients are on
 * @param arriving which outputs' gradients the backward is for
 * @param seeded which inputs' gradients are added to one that is given, as those of all leaves then are; null for none
 */
export function traceFunction(
  run: (inputs: readonly Tensor[]) => unknown,
  signatures: readonly Signature[],
  training: boolean,
  arriving: Arriving,
  seeded: readonly boolean[] | null = null,
): Traced {
  const trace = new Trace();
  const start = nextOrder();
  const mode = setGradMode(training);
  const slot = (x: Tensor): Slot => slotOf(trace, x);
  try {
    return trace.run(() => {
      const standIns = signatures.map(({ shape, dtype, requiresGrad }) => {
        const x = trace.give(shape, dtype);
        if (isFloat(dtype)) setHistory(x, null, requiresGrad);
        return x;
      });
      const returned = run(standIns);
      if (returned === undefined || returned === null) {
        throw new TypeError(
          `compile: the function must return a Tensor or an array of tensors, got ${returned}`,
        );
      }
      const found: Tensor[] = [];
      flattenResult(returned, found);
      const taken = new Set<Buffer>();
      // What one block gives the next one takes as it is.
      const copy = seeded === null ? clone : rowMajorCopy;
      const outs = found.map((x) => own(trace, x, taken, copy));
      let next = 0;
      const result = replaceTensors(returned, () => outs[next++]);
      trace.drain();
      const count = trace.calls.length;
      const leaves = leavesOf(outs, new Set(standIns), start);
      const wanted = outs.map((out, i) => out.requiresGrad && arriving(i));
      const gradOutputs = outs.map((out, i) =>
        wanted[i] ? trace.give(sizesOf(out), out.dtype) : null,
      );
      const inputs = [...standIns, ...leaves];
      const seeds = inputs.map((x, i) =>
        x.requiresGrad && seeded !== null && (i >= standIns.length || seeded[i])
          ? trace.give(sizesOf(x), x.dtype)
          : null,
      );
      const grads = backward(
        trace,
        outs.filter((_, i) => wanted[i]),
        inputs,
        gradOutputs.filter((g) => g !== null),
        seeds,
        standIns.length,
      );
      trace.drain();
      trace.checkHeld();
      return {
        forward: trace.calls.slice(0, count),
        backward: trace.calls.slice(count),
        inputs: standIns.map(slot),
        outputs: outs.map((out) => ({ ...slot(out), requiresGrad: out.requiresGrad })),
        result,
        gradOutputs: gradOutputs.map((g) => g && slot(g)),
        leaves,
        seeds: seeds.map((g) => g && slot(g)),
        gradients: grads.map((g) => g && slot(g)),
        captured: [...trace.captured],
        drawn: [...trace.drawn],
        layers: layersOf(trace),
      };
    });
  } finally {
    setGradMode(mode);
    trace.close();
  }
}

// Of weights from outside: what the function computes is another in each run.
function layersOf(trace: Trace): LayerPack[] {
  const isOutside = (w: Tensor | null): boolean =>
    w === null || trace.tryBufferOf(w)?.kind === 'captured';
  const layers: LayerPack[] = [];
  for (const made of trace.packedWeights.values()) {
    for (const { weights, packed, runState } of made as readonly PackedWeight[]) {
      if (weights === null || packed === null || !weights.every(isOutside)) continue;
      layers.push({
        weights,
        packed: trace.bufferOf({ storage: packed }),
        runState: runState && trace.bufferOf({ storage: runState }),
      });
    }
  }
  return layers;
}

/** A training step: the loss, and the gradients of what it depends on. */
export interface TracedStep {
  readonly calls: readonly Call[];
  readonly inputs: readonly Slot[];
  readonly loss: Slot;
  /** Leaves that the loss depends on. */
  readonly leaves: readonly Tensor[];
  /** Their gradients, in order; null where none flows. */
  readonly gradients: readonly (Slot | null)[];
  /** Every tensor from outside that the step uses. */
  readonly captured: readonly Tensor[];
  /** Memory from outside that it writes to. */
  readonly rewritten: ReadonlyMap<Storage, Buffer>;
  /** Whether it draws random numbers. */
  readonly draws: boolean;
}

/** Traces a loss and its gradients as one. What the loss changes in place outside (running statistics) each run changes. */
export function traceStep(
  run: (inputs: readonly Tensor[]) => unknown,
  signatures: readonly Signature[],
): TracedStep {
  const trace = new Trace(true);
  const start = nextOrder();
  const mode = setGradMode(true);
  const slot = (x: Tensor): Slot => slotOf(trace, x);
  try {
    return trace.run(() => {
      const standIns = signatures.map(({ shape, dtype }) => trace.give(shape, dtype));
      const loss = run(standIns);
      checkLoss('compile.step', loss);
      refuseHistory(trace, start);
      const leaves = leavesOf([loss], new Set(), start);
      const taken = new Set<Buffer>();
      const grads = backward(trace, [loss], leaves, [null]);
      for (const grad of grads) if (grad !== null) taken.add(trace.bufferOf(grad));
      setGradMode(false);
      const result = own(trace, loss, taken, rowMajorCopy);
      trace.drain();
      trace.checkHeld();
      return {
        calls: trace.calls,
        inputs: standIns.map(slot),
        loss: slot(result),
        leaves,
        gradients: grads.map((g) => g && slot(g)),
        captured: [...trace.captured],
        rewritten: trace.rewritten(),
        draws: trace.drawn.size > 0,
      };
    });
  } finally {
    setGradMode(mode);
    trace.close();
  }
}

/** @throws TypeError, RangeError, Error for what gradients of a loss cannot be computed of. */
export function checkLoss(operation: string, loss: unknown): asserts loss is Tensor {
  if (!isTensor(loss)) {
    throw new TypeError(
      `${operation}: loss must return a Tensor of one element, got ${loss instanceof Promise ? 'a promise; it must not be async' : describe(loss)}`,
    );
  }
  if (loss.numel !== 1) {
    throw new RangeError(
      `${operation}: loss must return a Tensor of one element, got shape ${showShape(sizesOf(loss))}; use mean() or sum()`,
    );
  }
  if (!loss.requiresGrad) {
    throw new Error(
      `${operation}: what loss returned depends on no parameter that requires gradients`,
    );
  }
}

// A tensor from outside that an operation of the trace gave a history would lead later walks into the trace.
function refuseHistory(trace: Trace, start: number): void {
  let refused: Tensor | null = null;
  for (const x of trace.changed as ReadonlySet<unknown> as ReadonlySet<Tensor>) {
    if (historyOf(x) === null || (historyOf(x) as Node).order < start) continue;
    setHistory(x, null, false);
    refused = x;
  }
  if (refused === null) return;
  throw new Error(
    `compile.step: loss changes a tensor from outside of shape ${showShape(sizesOf(refused))} in place by what gradients flow through; detach() that, or change it inside noGrad(() => …)`,
  );
}

function backward(
  trace: Trace,
  outs: readonly Tensor[],
  inputs: readonly Tensor[],
  gradOutputs: readonly (Tensor | null)[],
  seeds: readonly (Tensor | null)[] = [],
  firstLeaf = 0,
): (Tensor | null)[] {
  const wanting = inputs.filter((x) => x.requiresGrad);
  if (outs.length === 0 || wanting.length === 0) return inputs.map(() => null);
  // A walk adds what it finds to the gradients of its roots.
  const seeded = inputs.filter((_, i) => seeds[i]);
  const given = [...gradOutputs, ...seeds.filter((g) => g !== null)];
  const found = withoutHooks(wanting.map(nodeOf), () =>
    gradients([...outs, ...seeded], wanting, {
      gradOutputs: given,
      retainGraph: true,
      allowUnused: true,
    }),
  );
  const mode = setGradMode(false);
  try {
    const taken = new Set<Buffer>();
    let next = 0;
    return inputs.map((x, i) => {
      const grad = x.requiresGrad ? found[next++] : null;
      // A leaf to whose sum nothing was added.
      const seed = i < firstLeaf ? null : (seeds[i] ?? null);
      if (grad !== null && seed !== null && trace.bufferOf(grad) === trace.bufferOf(seed))
        return null;
      return grad && own(trace, grad, taken, rowMajorCopy);
    });
  } finally {
    setGradMode(mode);
  }
}
