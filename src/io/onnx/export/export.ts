/**
 * Writing a model's forward as ONNX. It runs twice in evaluation mode, on the example and on inputs of other values and sizes, while its operations are
 * recorded (record.ts). What is the same in both is written as it is; a size that differs becomes what it is of the dynamic axes (sizes.ts); a
 * tensor that differs and that no recorded operation has made is refused. The graph is then read again and held to the model on a third input.
 */
import {
  anything,
  arrayOf,
  describe,
  integerBetween,
  isArray,
  isPlain,
  optionsTable,
  rule,
  string,
} from '../../../check';
import { noGrad } from '../../../autograd/mode';
import type { Module } from '../../../nn';
import { anyModule } from '../../../nn/any-module';
import { clone, tensor, zerosLike } from '../../../ops';
import { isFloat } from '../../../tensor/dtype';
import { isTensor } from '../../../tensor/rules';
import type { Tensor } from '../../../tensor/tensor';
import { writeFile } from '../../files';
import { quoted } from '../../malformed';
import { pathOf, type FilePath } from '../../path';
import { OnnxModel } from '../model';
import { operators } from '../operators';
import { built } from '../program';
import { modelProto, type GraphProto, type ModelProto, type ValueInfoProto } from '../schema';
import { numberOf } from '../tensors';
import { decoded, encodedMessage } from '../wire';
import type { DynamicAxes, ExportOnnxOptions } from '../types';
import { Emitter, Pair, Unwritten } from './emitter';
import { evaluated, record, type Recording } from './record';
import { nameOf, sizeOf, type Axis } from './sizes';
import { unchanged } from './unchanged';
import { writers } from './writers';

const anyAxes = rule<DynamicAxes>(
  "an object of names by dimension, such as { x: { 0: 'batch' } }",
  (value) => isPlain(value) && Object.values(value).every((axes) => isPlain(axes) && Object.values(axes).every((name) => typeof name === 'string')), // prettier-ignore
);
const names = arrayOf(string, 'an array of names');
const exportOptions = optionsTable<ExportOnnxOptions, 'inputNames' | 'outputNames'>('exportOnnx', {
  example: anything.or(undefined as never) as never,
  inputNames: names.optional,
  outputNames: names.optional,
  dynamicAxes: anyAxes.or({}),
  opset: integerBetween(17, 21).or(17),
});

const operation = 'exportOnnx';

/** The tensors of arguments or results, in order. */
function tensorsIn(value: unknown, what: string, found: Tensor[] = [], depth = 0): Tensor[] {
  if (isTensor(value)) found.push(value);
  else if (isArray(value) && depth < 20) {
    for (const item of value) tensorsIn(item, what, found, depth + 1);
  } else if (
    value !== null &&
    value !== undefined &&
    (what === 'result' || typeof value === 'object')
  ) {
    throw new TypeError(`${operation}: every ${what} must be a Tensor, null or an array of them, got ${describe(value)}`); // prettier-ignore
  }
  return found;
}
/** The same with other tensors, in order. */
function replaced(value: unknown, by: Iterator<Tensor>): unknown {
  if (isTensor(value)) return by.next().value;
  return isArray(value) ? value.map((item) => replaced(item, by)) : value;
}

function namesOf(given: readonly string[] | undefined, count: number, kind: string): string[] {
  const all = given ?? (count === 1 ? [kind] : Array.from({ length: count }, (_, i) => `${kind}_${i}`)); // prettier-ignore
  if (all.length !== count) {
    throw new RangeError(
      `${operation}: ${kind}Names must be ${count} names, got [${all.join(', ')}]`,
    );
  }
  if (new Set(all).size !== count || all.includes('')) {
    throw new RangeError(`${operation}: ${kind}Names must differ, got [${all.join(', ')}]`);
  }
  return [...all];
}

/** @throws RangeError for a name that two values of the network would have */
function checkNames(all: readonly string[], weights: ReadonlyMap<Tensor, string>): void {
  const taken = new Set(weights.values());
  for (const name of all) {
    if (taken.has(name)) {
      throw new RangeError(
        `${operation}: ${quoted(name)} is the name of a weight or of another input or output; give inputNames and outputNames that differ from them`,
      );
    }
    taken.add(name);
  }
}

type Placed = Axis & { readonly input: string; readonly dim: number };

/** Every dynamic axis with the sizes that the recordings have; the first place of each name is where it is read from. */
function axesOf(
  dynamic: DynamicAxes,
  inputNames: readonly string[],
  inputs: readonly Tensor[],
): Placed[] {
  // prettier-ignore
  const found = new Map<string, Placed>();
  for (const [input, axes] of Object.entries(dynamic)) {
    const at = inputNames.indexOf(input);
    if (at < 0) throw new RangeError(`${operation}: dynamicAxes names ${quoted(input)}, which is no input (${inputNames.join(', ')})`); // prettier-ignore
    for (const [key, name] of Object.entries(axes)) {
      const dim = Number(key);
      const size = String(dim) === key ? (inputs[at].shape[dim] as number | undefined) : undefined;
      if (size === undefined || name === '') throw new RangeError(`${operation}: dynamicAxes has dimension ${key} of ${quoted(input)}, whose shape is [${inputs[at].shape.join(', ')}]`); // prettier-ignore
      const known = found.get(name);
      // A size of 1 would broadcast, and none would hide what depends on it.
      const a = Math.max(size, 2);
      if (known !== undefined && known.a !== a) throw new RangeError(`${operation}: ${quoted(name)} is ${known.a} and ${size} in the example`); // prettier-ignore
      if (known === undefined) found.set(name, { name, a, b: a + 1 + 2 * found.size, input, dim });
    }
  }
  return [...found.values()];
}

/** The example in the sizes that `sizeOfAxis` says, with the rows of dimensions moved by `shift`. */
function resized(
  x: Tensor,
  axes: Readonly<Record<number, string>>,
  sizeOfAxis: (name: string) => number,
  shift: number,
): Tensor {
  let y = clone(x.detach());
  for (let dim = 0; dim < x.ndim; dim++) {
    const own = x.shape[dim];
    const name = axes[dim] as string | undefined;
    const size = name === undefined ? own : sizeOfAxis(name);
    if (own === 0) continue;
    const order = Int32Array.from({ length: size }, (_, i) => (i + shift) % own);
    y = y.indexSelect(dim, tensor(order));
  }
  // Other values than any of the example's.
  return shift > 0 && isFloat(y.dtype) ? y.mul(0.75).add(0.05 * shift) : y;
}

/**
 * The same sizes with values that choose otherwise: of the other sign, all zeros, with NaN and infinities. What an operation that is not
 * recorded (isnan, any, oneHot), or JavaScript, computes of them differs in one of these from what it is of the example.
 */
const variants: readonly ((x: Tensor) => Tensor)[] = [
  (x) => (x.dtype === 'bool' ? x.logicalNot() : isFloat(x.dtype) ? x.neg() : mirrored(x)),
  (x) => zerosLike(x),
  (x) => {
    if (!isFloat(x.dtype)) return mirrored(x);
    const special = [NaN, Infinity, -Infinity, 1];
    const flat = Float64Array.from({ length: x.numel }, (_, i) => special[i % 4]);
    return tensor(flat, { dtype: x.dtype }).reshape(x.shape);
  },
];
/** Integers between the same bounds, so that they are indices of the same things. */
const mirrored = (x: Tensor): Tensor =>
  x.dtype === 'bool' || x.numel === 0 ? x.clone() : x.neg().add(x.amin()).add(x.amax());

interface Written {
  readonly graph: GraphProto;
  readonly outputNames: readonly string[];
}

/** Both recordings as one graph. @throws RangeError naming all operations that cannot be written */
function written(
  model: Module,
  [a, b]: readonly [Recording, Recording],
  [inputsA, inputsB]: readonly [readonly Tensor[], readonly Tensor[]],
  inputNames: readonly string[],
  givenOutputs: readonly string[] | undefined,
  axes: readonly Placed[],
  dynamic: DynamicAxes,
): Written {
  const outputsA = tensorsIn(a.output, 'result');
  const outputsB = tensorsIn(b.output, 'result');
  const outputNames = namesOf(givenOutputs, outputsA.length, 'output');
  if (outputsA.length === 0) throw new RangeError(`${operation}: forward returns no tensor`);
  const weights = new Map<Tensor, string>();
  for (const [name, x] of [...model.namedParameters(), ...model.namedBuffers()])
    weights.set(x, name);
  checkNames([...inputNames, ...outputNames], weights);
  const emitter = new Emitter(weights, new Set(model.buffers()), axes, [...inputNames, ...outputNames]); // prettier-ignore
  inputNames.forEach((name, i) => emitter.name(name, inputsA[i], inputsB[i]));
  const problems = new Set<string>();
  const note = (call: { operation: string; where: string }, what: string): void => {
    const name = call.operation.replace(/^(unary|binary):/, '');
    problems.add(`${name} in ${call.where === '' ? 'forward' : quoted(call.where)} ${what}`);
  };
  if (
    a.calls.length !== b.calls.length ||
    a.calls.some((call, i) => call.operation !== b.calls[i].operation)
  ) {
    // prettier-ignore
    const at = a.calls.findIndex((call, i) => call.operation !== b.calls[i]?.operation);
    const [one, other] = [a, b].map(({ calls }) => calls[at < 0 ? Math.min(a.calls.length, b.calls.length) : at]?.operation ?? 'nothing'); // prettier-ignore
    throw new RangeError(
      `${operation}: forward makes other operations for inputs of other values or sizes (${one} here, ${other} there, ${a.calls.length} and ${b.calls.length} in all): what a loop over steps or a branch on values does is not recorded; declare no such axis dynamic`,
    );
  }
  a.calls.forEach((call, i) => {
    if (!Object.hasOwn(writers, call.operation)) return note(call, 'has no ONNX form here');
    try {
      return writers[call.operation](new Pair(emitter, call, b.calls[i]));
    } catch (error) {
      if (!(error instanceof Unwritten)) throw error;
      // What follows of something that was not written says nothing new.
      return note(call, error.message);
    }
  });
  const shown = (message: string): RangeError =>
    new RangeError(`${operation}: cannot be written: ${message}`);
  if (problems.size > 0) throw shown([...problems].slice(0, 12).join('; '));
  const output = outputsA.map((x, i): ValueInfoProto => {
    try {
      const name = emitter.operand(x, outputsB[i]);
      emitter.nodes.push({ input: [name], output: [outputNames[i]], name: outputNames[i], opType: 'Identity', attribute: [] }); // prettier-ignore
    } catch (error) {
      if (!(error instanceof Unwritten)) throw error;
      throw shown(`the output ${outputNames[i]} ${error.message}`);
    }
    const dim = x.shape.map((size, d) => {
      const found = sizeOf(size, outputsB[i].shape[d], axes);
      return found?.axes.length === 0 ? { dimValue: size } : { dimParam: found === null ? `${outputNames[i]}_${d}` : nameOf(found) }; // prettier-ignore
    });
    return {
      name: outputNames[i],
      type: { tensorType: { elemType: numberOf[x.dtype], shape: { dim } } },
    };
  });
  const input = inputsA.map((x, i): ValueInfoProto => {
    const own = dynamic[inputNames[i]] as Readonly<Record<number, string>> | undefined;
    const dim = x.shape.map((size, d) => {
      const name = own?.[d];
      return name === undefined ? { dimValue: size } : { dimParam: name };
    });
    return {
      name: inputNames[i],
      type: { tensorType: { elemType: numberOf[x.dtype], shape: { dim } } },
    };
  });
  const graph = {
    ...{ name: model.constructor.name, node: emitter.nodes, input, output },
    initializer: emitter.initializers as GraphProto['initializer'],
    sparseInitializer: [],
  };
  return { graph, outputNames };
}

/** @throws RangeError where the graph and the model differ */
function checkAgainst(
  model: Module,
  bytes: Buffer,
  opset: number,
  args: unknown,
  inputNames: readonly string[],
  outputNames: readonly string[],
): void {
  // prettier-ignore
  const { graph } = decoded(modelProto, bytes);
  const program = built(graph!, new Map([['', opset]]), operators, { operation, folder: '' });
  const value = (name: string) => ({ name, dtype: null, shape: null });
  const plan = { program, inputs: inputNames.map(value), outputs: outputNames.map(value) };
  const read = new OnnxModel(plan, program.initials);
  const inputs = tensorsIn(args, 'argument');
  const run = (model as { forward: (...x: unknown[]) => unknown }).forward;
  const [expected, found] = evaluated(model, () =>
    noGrad(() => [
      tensorsIn(Reflect.apply(run, model, args as unknown[]), 'result'),
      read.forward(Object.fromEntries(inputNames.map((name, i) => [name, inputs[i]]))),
    ]),
  );
  outputNames.forEach((name, i) => {
    const [x, y] = [expected[i], found[name]];
    const [p, q] = [x, y].map((each) => each.toTypedArray());
    const far = x.shape.join() !== y.shape.join() || p.some((v, j) => !(Math.abs(v - q[j]) <= 1e-3 * (1 + Math.abs(v)) || Object.is(v, q[j]))); // prettier-ignore
    if (!far) return;
    throw new RangeError(`${operation}: for another input than the example, the graph computes another ${name} (shape [${y.shape.join(', ')}]) than the model (shape [${x.shape.join(', ')}]): something that depends on values or sizes is computed in JavaScript`); // prettier-ignore
  });
}

/** `exportOnnx` of onnx-files.ts. */
export function exportOnnx(model: Module, path: FilePath, options: ExportOnnxOptions): void {
  anyModule.check(operation, 'model', model);
  const file = pathOf(operation, path);
  const { example, opset, dynamicAxes, ...given } = exportOptions.read(options);
  const exampleArgs = isTensor(example) ? [example] : example;
  if (!isArray(exampleArgs)) {
    throw new TypeError(`${operation}: example must be a Tensor or an array of the arguments of forward, got ${describe(example)}`); // prettier-ignore
  }
  const inputs = tensorsIn(exampleArgs, 'argument');
  const inputNames = namesOf(given.inputNames, inputs.length, 'input');
  const none = inputs.findIndex((x) => x.numel === 0);
  if (none >= 0) {
    throw new RangeError(
      `${operation}: the example must have elements, but ${inputNames[none]} has shape [${inputs[none].shape.join(', ')}]`,
    );
  }
  const axes = axesOf(dynamicAxes, inputNames, inputs);
  const argsOf = (sizeOfAxis: (axis: Placed) => number, shift: number): unknown[] => {
    const size = (name: string): number => sizeOfAxis(axes.find((axis) => axis.name === name)!);
    const own = (i: number): Readonly<Record<number, string>> => dynamicAxes[inputNames[i]] ?? {};
    const made = inputs.map((x, i) => resized(x, own(i), size, shift));
    return replaced(exampleArgs, made[Symbol.iterator]()) as unknown[];
  };
  const argsA = argsOf((axis) => axis.a, 0);
  const argsB = argsOf((axis) => axis.b, 1);
  const [inputsA, inputsB] = [argsA, argsB].map((args) => tensorsIn(args, 'argument'));
  const checked = argsOf((axis) => axis.b + 2, 2);
  const parts = unchanged(model, () => {
    const recordings = [record(model, argsA, inputsA), record(model, argsB, inputsB)] as const;
    for (const vary of variants) {
      const inputsV = noGrad(() => inputsB.map(vary));
      const argsV = replaced(argsB, inputsV[Symbol.iterator]()) as unknown[];
      let other: Recording;
      try {
        other = record(model, argsV, inputsV);
      } catch {
        // A model may refuse such values.
        continue;
      }
      written(model, [recordings[0], other], [inputsA, inputsV], inputNames, given.outputNames, axes, dynamicAxes); // prettier-ignore
    }
    const { graph, outputNames } = written(model, recordings, [inputsA, inputsB], inputNames, given.outputNames, axes, dynamicAxes); // prettier-ignore
    const proto: ModelProto = {
      ...{ irVersion: 8, producerName: 'ostinato', graph, functions: [] },
      opsetImport: [{ domain: '', version: opset }],
    };
    const encoded = encodedMessage(modelProto, proto);
    checkAgainst(model, Buffer.concat(encoded), opset, checked, inputNames, outputNames); // prettier-ignore
    return encoded;
  });
  writeFile(operation, file, parts);
}
