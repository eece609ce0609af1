/**
 * Tracing a function forward and backward: which calls it makes, which buffers are its arguments, its results and the
 * gradients of both, and which tensors from outside it uses.
 */
import { gradients } from '../autograd/gradients';
import { withoutHooks } from '../autograd/hooks';
import { setGradMode } from '../autograd/mode';
import { nextOrder, nodeOf, type Node } from '../autograd/node';
import { clone } from '../ops/copying/clone';
import { isFloat, itemSize, type DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import { setHistory, type Tensor } from '../tensor/tensor';
import { Trace, type Buffer, type Call } from './trace';
import { flattenResult, replaceTensors } from './tree';

/** A tensor that runs of a program take or make, and the buffer that it fills. */
export interface Slot {
  readonly buffer: Buffer;
  readonly shape: Shape;
  readonly dtype: DType;
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
  /** The gradients of the inputs, then of the leaves; null where none flows. */
  readonly gradients: readonly (Slot | null)[];
  /** Every tensor from outside that the function uses. */
  readonly captured: readonly Tensor[];
  /** The states of the generators that it draws from. */
  readonly drawn: readonly Storage[];
}

/** What is known of an argument. */
export interface Signature {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly requiresGrad: boolean;
}

type Arriving = (output: number) => boolean;

// A tensor that fills a buffer of the trace's own alone: `x`, or a copy of it.
function own(trace: Trace, x: Tensor, taken: Set<Buffer>): Tensor {
  const buffer = trace.tryBufferOf(x);
  const alone =
    buffer !== null &&
    buffer.kind === 'made' &&
    buffer.initial === null &&
    !taken.has(buffer) &&
    x.contiguousLayout &&
    x.offset === 0 &&
    x.storage.byteLength === x.numel * itemSize(x.dtype);
  const result = alone ? x : clone(x);
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
 */
export function traceFunction(
  run: (inputs: readonly Tensor[]) => unknown,
  signatures: readonly Signature[],
  training: boolean,
  arriving: Arriving,
): Traced {
  const trace = new Trace();
  const start = nextOrder();
  const mode = setGradMode(training);
  const slot = (x: Tensor): Slot => ({ buffer: trace.bufferOf(x), shape: x.sizes, dtype: x.dtype });
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
      const outs = found.map((x) => own(trace, x, taken));
      let next = 0;
      const result = replaceTensors(returned, () => outs[next++]);
      trace.drain();
      const count = trace.calls.length;
      const leaves = leavesOf(outs, new Set(standIns), start);
      const wanted = outs.map((out, i) => out.requiresGrad && arriving(i));
      const gradOutputs = outs.map((out, i) =>
        wanted[i] ? trace.give(out.sizes, out.dtype) : null,
      );
      const grads = backward(
        trace,
        outs.filter((_, i) => wanted[i]),
        [...standIns, ...leaves],
        gradOutputs.filter((g) => g !== null),
      );
      trace.drain();
      return {
        forward: trace.calls.slice(0, count),
        backward: trace.calls.slice(count),
        inputs: standIns.map(slot),
        outputs: outs.map((out) => ({ ...slot(out), requiresGrad: out.requiresGrad })),
        result,
        gradOutputs: gradOutputs.map((g) => g && slot(g)),
        leaves,
        gradients: grads.map((g) => g && slot(g)),
        captured: [...trace.captured],
        drawn: [...trace.drawn],
      };
    });
  } finally {
    setGradMode(mode);
    trace.close();
  }
}

function backward(
  trace: Trace,
  outs: readonly Tensor[],
  inputs: readonly Tensor[],
  gradOutputs: readonly Tensor[],
): (Tensor | null)[] {
  const wanting = inputs.filter((x) => x.requiresGrad);
  if (outs.length === 0 || wanting.length === 0) return inputs.map(() => null);
  const found = withoutHooks(wanting.map(nodeOf), () =>
    gradients(outs, wanting, { gradOutputs, retainGraph: true, allowUnused: true }),
  );
  const mode = setGradMode(false);
  try {
    const taken = new Set<Buffer>();
    let next = 0;
    return inputs.map((x) => {
      const grad = x.requiresGrad ? found[next++] : null;
      return grad && own(trace, grad, taken);
    });
  } finally {
    setGradMode(mode);
  }
}
