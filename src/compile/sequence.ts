/**
 * A function of one step over sequences of any length, compiled. A sequence is run as blocks of steps (block.ts) of few sizes, so that what
 * is traced does not grow with the length, and another length needs no trace.
 */
import { isGradEnabled } from '../autograd/mode';
import { executor } from '../tensor/executor';
import { sameShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';
import {
  formOf,
  NotABlock,
  traceBlock,
  type Block,
  type StateForm,
  type StepFunction,
} from './block';
import { planOf, runPlan, type Plan } from './run-blocks';
import { usedOutside } from './trace';

// A trace takes as long as some runs of its steps; blocks of more gain little.
const mostSteps = 32;
// Eight for each form of input and state.
const mostBlocks = 512;
const mostPlans = 64;
// A sequence that cannot be cut is traced as one, unless that takes longer than it gains, and more memory than there is in the end.
const mostTraced = 256;
// Sequences that are traced as one because they come often: of how many steps, and of how many forms.
const mostWhole = 128;
const mostWholes = 16;
// The time from which on: the trace has to pay.
const oftenFor = (steps: number): number => Math.max(4, Math.ceil(steps / 4));

/** Makes `value` the one used last, and forgets the one used longest ago where there are more than `most`. */
function keep<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}

/**
 * The numbers of steps of the blocks of a sequence. The first step, whose state is the caller's, and the last, of whose state no gradient
 * may arrive, are alone, so that those of one size between them are alike.
 */
function blockSizes(steps: number): number[] {
  if (steps === 1) return [1];
  const sizes = [1];
  let left = steps - 2;
  for (let size = mostSteps; size >= 1; size /= 2) {
    for (; left >= size; left -= size) sizes.push(size);
  }
  sizes.push(1);
  return sizes;
}

// All outputs become one tensor, and what a state is must not change from step to step.
function follows({ pair, after }: Block, first: Block): boolean {
  const [{ shape, dtype }] = pair.traced.outputs;
  const [one] = first.pair.traced.outputs;
  return (
    after.key === first.after.key &&
    dtype === one.dtype &&
    sameShape(shape.slice(1), one.shape.slice(1))
  );
}

// A cell that keeps a tensor of one step in a field for the others.
const isBetweenSteps = (error: unknown): boolean =>
  error instanceof NotABlock || (error as Error).message === usedOutside;

export class Sequence {
  // Both in order of last use.
  readonly #blocks = new Map<string, Block>();
  readonly #plans = new Map<string, Plan>();
  /** How often a form has come, of those that are short. */
  readonly #uses = new Map<string, number>();
  #wholes = 0;
  /** Whether the steps have turned out to depend on more than input and state. */
  #isRefused = false;

  /**
   * @param fields what else the steps may depend on: where one changes it, no step can be cut out
   * @param within runs a body in such modes: a gradient is traced by running the steps again, when others may be on
   */
  constructor(
    private readonly step: StepFunction,
    private readonly fields: () => readonly unknown[],
    private readonly within: <R>(modes: string, body: () => R) => R,
  ) {}

  /**
   * Runs the steps of `x` [T, …], which others may trace.
   * @param state the state before the first step, or null
   * @param modes what else the steps depend on
   * @param isOrdered whether the elements are in the order of memory, as numbers are drawn
   * @returns `[outputs, state]`, or how the steps are to be run: one by one, or traced as a whole
   */
  call(
    x: Tensor,
    state: unknown,
    modes: string,
    isOrdered: boolean,
  ): [Tensor, unknown] | 'plain' | 'whole' {
    if (executor.isTrace) return 'plain';
    const plan = this.#isRefused ? 'refused' : this.#plan(x, state, modes);
    if (plan === 'whole') return plan;
    if (plan === 'refused') return sizesOf(x)[0] <= mostTraced ? 'whole' : 'plain';
    return isOrdered || plan.drawn.length === 0 ? runPlan(plan, x, state) : 'plain';
  }

  #plan(x: Tensor, state: unknown, modes: string): Plan | 'refused' | 'whole' {
    const training = isGradEnabled();
    const before = state === null ? null : formOf(state, training, []);
    const [steps, ...shape] = sizesOf(x);
    const requiresGrad = training && x.requiresGrad;
    const form = `${training} ${modes} ${x.dtype} ${shape.join()} ${requiresGrad}`;
    const key = `${steps} ${form} ${before?.key}`;
    if (steps <= mostWhole && this.#isFrequent(key, steps)) return 'whole';
    let plan = this.#plans.get(key);
    if (plan === undefined || !plan.blocks.every(({ pair }) => pair.isCurrent())) {
      const step: StepFunction = (one, last) => this.within(modes, () => this.step(one, last));
      const blocks = this.#blocksOf(step, x, before, form);
      if (blocks === null) return 'refused';
      plan = planOf(step, blocks);
    }
    keep(this.#plans, key, plan, mostPlans);
    return plan;
  }

  // A trace of its own saves a short sequence a fifth to a half of its time; for few forms, so that tracing ends.
  #isFrequent(key: string, steps: number): boolean {
    const often = oftenFor(steps);
    const uses = (this.#uses.get(key) ?? 0) + 1;
    if (uses > often) return true;
    if (uses === often) {
      if (this.#wholes === mostWholes) return false;
      this.#wholes++;
    }
    keep(this.#uses, key, uses, mostPlans);
    return uses === often;
  }

  /** The blocks of a sequence; null where it has none. */
  #blocksOf(step: StepFunction, x: Tensor, initial: StateForm | null, key: string): Block[] | null {
    const training = isGradEnabled();
    const [steps, ...shape] = sizesOf(x);
    const requiresGrad = training && x.requiresGrad;
    const blocks: Block[] = [];
    let before = initial;
    let seeded = -1;
    const fields = this.fields();
    try {
      for (const size of blockSizes(steps)) {
        const input = { shape: [size, ...shape], dtype: x.dtype, requiresGrad };
        const block = this.#block(`${key} ${size} ${before?.key} ${seeded}`, () =>
          traceBlock(step, input, before, seeded, training),
        );
        if (blocks.length > 0 && !follows(block, blocks[0])) throw new NotABlock();
        blocks.push(block);
        before = block.after;
        seeded = block.alias;
      }
      const now = this.fields();
      if (now.length !== fields.length || now.some((value, i) => !Object.is(value, fields[i]))) {
        throw new NotABlock();
      }
    } catch (error) {
      if (!isBetweenSteps(error)) throw error;
      this.#isRefused = true;
      this.#blocks.clear();
      this.#plans.clear();
      return null;
    }
    return blocks;
  }

  #block(key: string, trace: () => Block): Block {
    let block = this.#blocks.get(key);
    if (block === undefined || !block.pair.isCurrent()) block = trace();
    keep(this.#blocks, key, block, mostBlocks);
    return block;
  }
}
