/** The module of a graph: weights under their names, inputs checked, steps run one after the other. */
import { describe, isInstance, isPlain, surplus } from '../../check';
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { Module, Parameter } from '../../nn';
import { clone } from '../../ops';
import { deepcopy, emptyOf } from '../../tensor/deepcopy';
import { executor } from '../../tensor/executor';
import { isFloat, type DType } from '../../tensor/dtype';
import { floatDType, isTensor } from '../../tensor/rules';
import { Tensor } from '../../tensor/tensor';
import { Malformed, quoted } from '../malformed';
import type { Built, Initial, Program, Step } from './program';
import type { OnnxModel as Described, OnnxValue } from './types';

/** A place of weights in the module: the fields that lead there. */
interface Weight {
  readonly place: number;
  readonly path: readonly string[];
  /** Of the file: the graph's constants and conversions are of these types too. */
  readonly dtype: DType;
}

/** What all copies of a model share. */
export interface Plan {
  readonly program: Built;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const deepest = 32;
const isTaken = (holder: Module, name: string): boolean => name in holder;

/** The fields of a name with dots; one that a module cannot have gets an underscore behind it. */
function fieldsOf(root: Module, name: string): string[] {
  const parts = name.split('.');
  const path = parts.length > deepest || parts.includes('') ? [name.replaceAll('.', '_')] : parts;
  const own = new Module();
  let holder: Module | null = root;
  return path.map((part, i) => {
    let field = part === '' || isTaken(own, part) ? `${part}_` : part;
    const isLast = i === path.length - 1;
    while (holder !== null && isTaken(holder, field)) {
      const there: unknown = (holder as unknown as Record<string, unknown>)[field];
      if (!isLast && there instanceof Module) break;
      field += '_';
    }
    const next: unknown = holder && (holder as unknown as Record<string, unknown>)[field];
    holder = next instanceof Module ? next : null;
    return field;
  });
}

/** Makes `initial` a parameter or buffer of `root`; the fields that lead to it. */
function placed(root: Module, { name, value, kind }: Initial): string[] {
  const path = fieldsOf(root, name);
  let holder = root;
  for (const field of path.slice(0, -1)) {
    const fields = holder as unknown as Record<string, Module | undefined>;
    holder = fields[field] ??= new Module();
  }
  const last = path.at(-1)!;
  if (kind === 'buffer') holder.registerBuffer(last, value);
  else holder.registerParameter(last, new Parameter(value));
  return path;
}

/**
 * A graph of ONNX's operators as a module, as `io.loadOnnx` returns it. Its weights are parameters under the names that they have in the file, running
 * statistics buffers; `forward` records gradients as other modules do.
 */
export class OnnxModel extends Module implements Described {
  readonly #plan: Plan;
  #weights: readonly Weight[] = [];
  // Results that inputs have no part in, by step, and of which weights.
  #kept: (readonly (Tensor | null)[] | undefined)[] = [];
  #keptOf: readonly (readonly [unknown, number])[] = [];

  /** @internal */
  constructor(plan: Plan, initials: readonly Initial[] = []) {
    super();
    this.#plan = plan;
    this.#weights = initials
      .filter(({ kind }) => kind !== 'constant')
      .map((initial) => ({
        place: initial.place,
        path: placed(this, initial),
        dtype: initial.value.dtype,
      }));
  }

  /** @internal */
  override [deepcopy.custom](): Module {
    const made = emptyOf(OnnxModel, this, [this.#plan]);
    made.#weights = this.#weights;
    return made;
  }

  /**
   * A network keeps the element types of its file, which its inputs and constants have too.
   * @throws TypeError for another type than that of all its weights in the file.
   */
  override to(dtype: DType): this {
    if (arguments.length > 1) surplus('to', arguments, 1, 'dtype');
    floatDType.check('to', 'dtype', dtype);
    const other = this.#weights.find((weight) => isFloat(weight.dtype) && weight.dtype !== dtype);
    if (other === undefined) return super.to(dtype);
    throw new TypeError(
      `OnnxModel.to: ${other.path.join('.')} is ${other.dtype} in the file, as are the constants and inputs that it meets, so it cannot be ${dtype}; convert what forward takes and returns`,
    );
  }

  /** What `forward` takes, in the order of the file. */
  get inputs(): readonly OnnxValue[] {
    return this.#plan.inputs;
  }
  /** What `forward` returns, in the order of the file. */
  get outputs(): readonly OnnxValue[] {
    return this.#plan.outputs;
  }

  override extraRepr(): string {
    const list = (values: readonly OnnxValue[]): string =>
      values.map(({ name }) => name).join(', ');
    return `${list(this.inputs)} -> ${list(this.outputs)}`;
  }

  /**
   * The outputs of the graph, by name.
   * @param inputs a tensor for each input of the graph, by name
   * @throws TypeError for what is no object of tensors, names that are missing or unknown, and other element types; RangeError for
   * shapes that do not go together, naming the node.
   */
  forward(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    if (arguments.length > 1) surplus('OnnxModel.forward', arguments, 1, 'inputs');
    const { program, outputs } = this.#plan;
    const values = new Array<Tensor | null | undefined>(program.places);
    this.#putInputs(values, inputs);
    const weights = this.#putWeights(values);
    for (const { place, value, kind } of program.initials) if (kind === 'constant') values[place] = value; // prettier-ignore
    // A trace holds no values, and the graph of gradients is made anew each time.
    const keeps = !executor.isTrace && !(isGradEnabled() && weights.some((x) => x.requiresGrad));
    if (keeps) this.#forgetUnless(weights);
    this.#run(program, values, keeps);
    const results: Record<string, Tensor> = {};
    for (const [i, { name }] of outputs.entries()) {
      const place = program.outputs[i];
      const value = values[place];
      if (!value) throw new RangeError(`OnnxModel.forward: no node has computed the output ${quoted(name)}`); // prettier-ignore
      const isKept = program.steps.some((step) => step.depends !== 'inputs' && step.outputs.includes(place)); // prettier-ignore
      Object.defineProperty(results, name, {
        ...{ enumerable: true, writable: true, configurable: true },
        value: isKept ? clone(value) : value,
      });
    }
    return results;
  }

  #putInputs(values: (Tensor | null | undefined)[], inputs: unknown): void {
    const { program, inputs: expected } = this.#plan;
    const operation = 'OnnxModel.forward';
    if (!isPlain(inputs) || isTensor(inputs)) {
      const example = expected.map(({ name }) => quoted(name)).join(', ');
      throw new TypeError(
        `${operation}: inputs must be an object of tensors by name (${example}), got ${describe(inputs)}`,
      );
    }
    const problems: string[] = [];
    for (const name of Object.keys(inputs)) {
      if (!program.inputs.has(name)) problems.push(`unknown ${quoted(name)}`);
    }
    for (const { name } of expected) {
      if (!Object.hasOwn(inputs, name)) problems.push(`missing ${quoted(name)}`);
    }
    if (problems.length > 0) throw new TypeError(`${operation}: inputs: ${problems.join(', ')}`);
    for (const value of expected) {
      const x = inputs[value.name];
      checkInput(operation, value, x);
      values[program.inputs.get(value.name)!] = x;
    }
  }

  #putWeights(values: (Tensor | null | undefined)[]): Tensor[] {
    return this.#weights.map(({ place, path, dtype }) => {
      const at = path.reduce<unknown>(
        (holder, field) => (holder as Record<string, unknown> | null | undefined)?.[field],
        this,
      );
      if (!isTensor(at)) {
        throw new TypeError(`OnnxModel.forward: ${path.join('.')} must be a Tensor, got ${describe(at)}`); // prettier-ignore
      }
      if (at.dtype !== dtype) {
        throw new TypeError(`OnnxModel.forward: ${path.join('.')} must be ${dtype}, as it is in the file, got ${at.dtype}; to('${dtype}') converts it back`); // prettier-ignore
      }
      values[place] = at;
      return at;
    });
  }

  /** Forgets what is kept, unless it is of these weights as they are. */
  #forgetUnless(weights: readonly Tensor[]): void {
    const same =
      weights.length === this.#keptOf.length &&
      weights.every((x, i) => x.storage === this.#keptOf[i][0] && x.version === this.#keptOf[i][1]);
    if (same) return;
    this.#kept = [];
    this.#keptOf = weights.map((x) => [x.storage, x.version]);
  }

  #run(program: Program, values: (Tensor | null | undefined)[], keeps: boolean): void {
    for (const step of program.steps) {
      const keptHere = keeps && step.depends !== 'inputs';
      let results = keptHere ? this.#kept[step.index] : undefined;
      results ??= keptHere
        ? noGrad(() => this.#results(step, values, keeps))
        : this.#results(step, values, keeps);
      if (keptHere) this.#kept[step.index] = results;
      for (const [i, place] of step.outputs.entries()) if (place >= 0) values[place] = results[i];
    }
  }

  #results(
    step: Step,
    values: (Tensor | null | undefined)[],
    keeps: boolean,
  ): readonly (Tensor | null)[] {
    const inputs = step.inputs.map((place) => (place < 0 ? null : (values[place] ?? null)));
    const branch = (i: number): readonly Tensor[] => {
      const inner = step.branches[i];
      this.#run(inner, values, keeps);
      return inner.outputs.map((place) => values[place]!);
    };
    try {
      const results = step.run(inputs, branch);
      return isInstance(results, Tensor) ? [results] : results;
    } catch (error) {
      throw located(error, step.label);
    }
  }
}

const located = (error: unknown, label: string): unknown => {
  const isOurs = error instanceof RangeError || error instanceof TypeError;
  if (!isOurs && !(error instanceof Malformed)) return error;
  const message = error.message.replace(/^OnnxModel\.forward: /, '');
  const Class = error instanceof TypeError ? TypeError : RangeError;
  return new Class(`OnnxModel.forward: ${label}: ${message}`, { cause: error });
};

function checkInput(operation: string, value: OnnxValue, x: unknown): asserts x is Tensor {
  const { name, dtype, shape } = value;
  const shown = quoted(name);
  if (!isTensor(x)) {
    throw new TypeError(`${operation}: ${shown} must be a Tensor, got ${describe(x)}`);
  }
  if (dtype !== null && x.dtype !== dtype) {
    throw new TypeError(`${operation}: ${shown} must be ${dtype}, got ${x.dtype}`);
  }
  const fits =
    shape === null ||
    (shape.length === x.ndim &&
      shape.every((size, d) => typeof size !== 'number' || size === x.shape[d]));
  if (!fits) {
    const sizes = shape.map((size) => size ?? '?').join(', ');
    throw new RangeError(
      `${operation}: ${shown} must have shape [${sizes}], got [${x.shape.join(', ')}]`,
    );
  }
}
