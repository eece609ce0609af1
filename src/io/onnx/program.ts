/**
 * A graph as steps on numbered places: names resolved, operators made, everything refused that is wrong with it. Nothing is computed
 * here, so that a file claims no more memory than its bytes.
 */
import type { Tensor } from '../../tensor/tensor';
import { cannotRead, refuse, within, quoted } from '../malformed';
import { NodeView, type Operator, type Operators, type Run } from './node';
import type { GraphProto, NodeProto, TensorProto } from './schema';
import { tensorOf, type Context } from './tensors';

/** What a value depends on: constants alone, weights too, or inputs. */
type Depends = 'constants' | 'weights' | 'inputs';

export interface Step {
  /** What to call the node. */
  readonly label: string;
  readonly run: Run;
  /** Places; −1 for what it does not have. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly branches: readonly Program[];
  /** Whether its results are kept from one run to the next, for as long as the weights stay or for ever. */
  readonly depends: Depends;
  /** Where they are kept. */
  readonly index: number;
}
export interface Program {
  readonly steps: readonly Step[];
  readonly outputs: readonly number[];
}

/** A tensor of the file, and where runs find it. */
export interface Initial {
  readonly name: string;
  readonly place: number;
  readonly value: Tensor;
  readonly kind: 'parameter' | 'buffer' | 'constant';
}

export interface Built extends Program {
  /** Places of the inputs, by name. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly initials: readonly Initial[];
  readonly places: number;
  readonly stepCount: number;
}

/** The names that a graph sees. */
class Scope {
  readonly #places = new Map<string, number>();
  constructor(readonly above: Scope | null) {}
  find(name: string): number | undefined {
    return this.#places.get(name) ?? this.above?.find(name);
  }
  has(name: string): boolean {
    return this.#places.has(name);
  }
  set(name: string, place: number): void {
    this.#places.set(name, place);
  }
}

const isDefault = (domain: string | undefined): boolean => !domain || domain === 'ai.onnx';
const nameOf = ({ opType = '', domain }: NodeProto): string =>
  isDefault(domain) ? opType : `${domain}.${opType}`;
const labelOf = (node: NodeProto, i: number): string =>
  `node ${node.name ? quoted(node.name) : i} (${nameOf(node)})`;

/** Every node of a graph and of those in its attributes, with its number there. */
function* nodesOf(graph: GraphProto): Generator<[NodeProto, number]> {
  for (const [i, node] of graph.node.entries()) {
    yield [node, i];
    for (const { g } of node.attribute) if (g !== undefined) yield* nodesOf(g);
  }
}

const most = { operators: 20, nodes: 3, name: 60 };
const short = (text: string): string =>
  text.length > most.name ? `${text.slice(0, most.name)}…` : text;
function listed(all: readonly string[], count: number): string {
  const rest = all.length - count;
  return all.slice(0, count).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

// What an operation refuses of a node's attributes is said of the file.
function made(operator: Operator, view: NodeView): Run {
  try {
    return operator.make(view);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return cannotRead(error.message);
  }
}

/** @throws Malformed naming every operator that is not in the table, with nodes that have it */
function checkOperators(graph: GraphProto, operators: Operators): void {
  const unknown = new Map<string, string[]>();
  for (const [node, i] of nodesOf(graph)) {
    const name = nameOf(node);
    if (Object.hasOwn(operators, name)) continue;
    const found = unknown.get(name) ?? [];
    found.push(node.name ? short(quoted(node.name)) : String(i));
    unknown.set(name, found);
  }
  if (unknown.size === 0) return;
  const named = [...unknown].map(
    ([name, nodes]) => `${short(name)} (node ${listed(nodes, most.nodes)})`,
  );
  cannotRead(`these operators are not computed here: ${listed(named, most.operators)}`);
}

/** Names of tensors that are no weights although they are floats: running statistics. */
function statisticsOf(graph: GraphProto): Set<string> {
  const found = new Set<string>();
  for (const [{ opType, input }] of nodesOf(graph)) {
    if (opType === 'BatchNormalization') for (const name of input.slice(3)) found.add(name);
  }
  return found;
}

/** Names of the inputs: before version 4 of the format initializers were among them too. */
function inputsOf({ initializer, input }: GraphProto): string[] {
  const fixed = new Set(initializer.map(({ name }) => name));
  return input.map(({ name = '' }) => name).filter((name) => !fixed.has(name));
}

class Builder {
  readonly initials: Initial[] = [];
  readonly depends: Depends[] = [];
  stepCount = 0;
  readonly #statistics: Set<string>;

  constructor(
    graph: GraphProto,
    readonly versions: ReadonlyMap<string, number>,
    readonly operators: Operators,
    readonly context: Context,
  ) {
    this.#statistics = statisticsOf(graph);
  }

  define(scope: Scope, name: string, depends: Depends): number {
    if (name === '') refuse('a value has no name');
    if (scope.has(name)) refuse(`two values are called ${quoted(name)}`);
    const place = this.depends.push(depends) - 1;
    scope.set(name, place);
    return place;
  }

  initial(scope: Scope, proto: TensorProto): void {
    const { name = '', docString } = proto;
    const value = tensorOf(proto, 'an initializer', this.context);
    const isFloat = value.dtype === 'float32' || value.dtype === 'float64';
    const kind =
      !isFloat || value.ndim === 0
        ? 'constant'
        : docString === 'buffer' || this.#statistics.has(name)
          ? 'buffer'
          : 'parameter';
    const place = this.define(scope, name, kind === 'constant' ? 'constants' : 'weights');
    this.initials.push({ name, place, value, kind });
  }

  graph(graph: GraphProto, above: Scope | null): Program & { readonly scope: Scope } {
    const scope = new Scope(above);
    if (graph.sparseInitializer.length > 0) cannotRead('it has sparse tensors');
    for (const proto of graph.initializer) this.initial(scope, proto);
    if (above === null) {
      for (const name of inputsOf(graph)) this.define(scope, name, 'inputs');
    } else if (graph.input.length > 0) refuse('a branch has inputs');
    const later = new Set(graph.node.flatMap(({ output }) => output));
    const steps = graph.node.map((node, i) => {
      const label = labelOf(node, i);
      return within(short(label), () => this.step(scope, node, label, later));
    });
    const outputs = graph.output.map(({ name = '' }) => {
      const place = scope.find(name);
      return place ?? refuse(`nothing computes the output ${quoted(name)}`);
    });
    return { steps, outputs, scope };
  }

  #input(scope: Scope, name: string, later: ReadonlySet<string>): number {
    if (name === '') return -1;
    const place = scope.find(name);
    if (place !== undefined) return place;
    const shown = quoted(name);
    return later.has(name)
      ? refuse(`it takes ${shown} before a node has computed it: the nodes are not in order, or form a cycle`) // prettier-ignore
      : refuse(`it takes ${shown}, which nothing computes`);
  }

  step(scope: Scope, node: NodeProto, label: string, later: ReadonlySet<string>): Step {
    const domain = isDefault(node.domain) ? '' : node.domain!;
    const version = this.versions.get(domain);
    if (version === undefined) return refuse(`the file has no operator set ${quoted(domain)}`);
    const operator = this.operators[nameOf(node)];
    const { input, output } = node;
    const [least, largest] = operator.inputs;
    if (input.length < least || input.length > largest) {
      refuse(`it has ${input.length} inputs`);
    }
    if (output.length < 1 || output.length > (operator.outputs ?? 1)) {
      refuse(`it has ${output.length} outputs`);
    }
    const inputs = input.map((name) => this.#input(scope, name, later));
    for (let i = 0; i < least; i++) if (inputs[i] < 0) refuse(`its input ${i} is missing`);
    const has = inputs.map((place) => place >= 0);
    const view = new NodeView(node.attribute, version, has, output.length, this.context);
    const run = made(operator, view);
    view.close();
    const branches = view.graphs.map((graph) => this.graph(graph, scope));
    const of = inputs.map((place) => (place < 0 ? 'constants' : this.depends[place]));
    const depends =
      branches.length > 0 || of.includes('inputs')
        ? 'inputs'
        : of.includes('weights')
          ? 'weights'
          : 'constants';
    const outputs = output.map((name) => (name === '' ? -1 : this.define(scope, name, depends)));
    return { label, run, inputs, outputs, branches, depends, index: this.stepCount++ };
  }
}

/** @throws Malformed for a graph that is none, or that has what is not computed here */
export function built(
  graph: GraphProto,
  versions: ReadonlyMap<string, number>,
  operators: Operators,
  context: Context,
): Built {
  checkOperators(graph, operators);
  const builder = new Builder(graph, versions, operators, context);
  const { steps, outputs, scope } = builder.graph(graph, null);
  const inputs = new Map<string, number>();
  for (const name of inputsOf(graph)) inputs.set(name, scope.find(name)!);
  if (outputs.length === 0) refuse('it has no outputs');
  return {
    ...{ steps, outputs, inputs },
    initials: builder.initials,
    places: builder.depends.length,
    stepCount: builder.stepCount,
  };
}
