/**
 * One signature of a compiled training step: forward, loss and gradients as one program, run in one crossing. Gradients go into
 * the leaves' `grad`, into the memory of the step before where no other reference to it is held.
 */
import { accumulate } from '../autograd/accumulate';
import { withGradMode } from '../autograd/mode';
import type { Node } from '../autograd/node';
import { dense } from '../ops/kernels/copy';
import { itemSize } from '../tensor/dtype';
import { touch } from '../tensor/memory';
import { acquireGradient, isEngines } from '../tensor/pool';
import { numelOf } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import { accumulatorIn, accumulatedOf, empty, setAccumulated, Tensor } from '../tensor/tensor';
import { areCurrent, capture, type Captured } from './captured';
import type { Traceable } from './pair';
import { Program, withInitialValues, withoutUnused, type SavedLayout } from './program';
import type { Buffer } from './trace';
import { checkRepeated } from './repeated';
import { traceStep, type Signature, type Slot } from './traced';

/** A leaf's gradient. */
interface Target {
  readonly leaf: Tensor;
  readonly slot: Slot;
  readonly base: number;
  /** Whether steps add up in `grad`, since it is not cleared between them. */
  readonly addsUp: boolean;
  /** What the last run filled. */
  grad: Tensor | null;
}

const nothingSaved: SavedLayout = { offsets: new Map(), bytes: 0 };

const fresh = ({ shape, dtype }: Slot): Tensor => {
  const numel = numelOf(shape);
  return new Tensor(acquireGradient(numel * itemSize(dtype)), dtype, shape, null, 0, true, numel);
};

const hasHooks = (leaf: Tensor): boolean => {
  const hooks = (accumulatorIn(leaf) as Node | null)?.hooks ?? null;
  return hooks !== null && hooks.hooks.length > 0;
};

export class StepProgram {
  /** Whether it draws random numbers. */
  readonly draws: boolean;
  private readonly program: Program;
  private readonly inputs: readonly number[];
  private readonly loss: Slot;
  private readonly lossBase: number;
  private readonly targets: readonly Target[];
  private readonly captured: readonly Captured[];
  private readonly rewritten: readonly Storage[];

  /**
   * Traces `run`, a loss.
   * @param cleared the tensors whose gradients each step begins without
   * @param checks whether to trace it twice, and refuse what is not the same each time
   */
  constructor(
    run: Traceable,
    readonly signatures: readonly Signature[],
    cleared: ReadonlySet<Tensor>,
    checks = false,
  ) {
    const traced = traceStep(run, signatures);
    if (checks) checkRepeated(traced, run, signatures);
    const { inputs, loss, leaves, gradients, captured, rewritten } = traced;
    const found = gradients.filter((slot) => slot !== null).map(({ buffer }) => buffer);
    const calls = withInitialValues(traced.calls, new Set());
    const results: Buffer[] = [loss.buffer, ...found];
    this.program = new Program(
      withoutUnused(calls, [...results, ...rewritten.values()]),
      nothingSaved,
      new Set(results.map(({ address }) => address)),
    );
    this.inputs = inputs.map(({ buffer }) => this.program.base(buffer));
    this.loss = loss;
    this.lossBase = this.program.base(loss.buffer);
    this.targets = leaves.flatMap((leaf, i) => {
      const slot = gradients[i];
      if (slot === null) return [];
      const base = this.program.base(slot.buffer);
      return [{ leaf, slot, base, addsUp: !cleared.has(leaf), grad: null }];
    });
    this.captured = captured.map(capture);
    this.rewritten = [...rewritten.keys()];
    this.draws = traced.draws;
  }

  /** Whether the tensors from outside are where, and what, they were. */
  isCurrent(): boolean {
    return areCurrent(this.captured, true);
  }

  /** Whether user code waits for a gradient of this step. */
  hasHooks(): boolean {
    for (const { leaf } of this.targets) if (hasHooks(leaf)) return true;
    return false;
  }

  /** Whether the step gives `leaf` a gradient. */
  reaches(leaf: Tensor): boolean {
    return this.targets.some((target) => target.leaf === leaf);
  }

  /** Computes the loss of tensors of the signature, which is returned, and `grad` of the leaves. */
  run(inputs: readonly Tensor[]): Tensor {
    const { program, loss } = this;
    // Copies, which must stay alive until the run has ended.
    const given: Tensor[] = [];
    for (let i = 0; i < inputs.length; i++) {
      const x = dense(inputs[i]);
      given.push(x);
      program.set(this.inputs[i], x.address);
    }
    const result = empty(loss.shape, loss.dtype);
    program.set(this.lossBase, result.address);
    for (const target of this.targets) this.place(target);
    program.run(null);
    given.length = 0;
    for (const storage of this.rewritten) touch(storage, 1);
    for (const target of this.targets) {
      // In place, as backward does: other references to the gradient see the sum.
      if (target.addsUp) withGradMode(false, () => accumulate(target.leaf, target.grad!));
    }
    return result;
  }

  // Where the gradient goes: where it was, unless another reference to it may be held.
  private place(target: Target): void {
    const { leaf, slot, grad, addsUp } = target;
    if (grad !== null && !addsUp && accumulatedOf(leaf) === grad && isEngines(grad.storage)) {
      touch(grad.storage, 1);
      return;
    }
    const made = addsUp ? empty(slot.shape, slot.dtype) : fresh(slot);
    target.grad = made;
    this.program.set(target.base, made.address);
    if (!addsUp) setAccumulated(leaf, made);
  }
}
