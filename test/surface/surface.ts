// The public surface, read from the types of src/index.ts: every function, constructor and method that a user can call, with the
// names of its parameters and the keys of its options object. What is marked @internal is not public.
import { resolve } from 'node:path';
import * as ts from 'typescript';

export interface PublicCall {
  /** As a user writes it: `add`, `nn.LSTM`, `nn.LSTM.forward`, `Tensor.add`. */
  readonly name: string;
  readonly kind: 'function' | 'constructor' | 'method';
  readonly parameters: readonly string[];
  /** Keys of the options object, which is the last parameter; empty when there is none. */
  readonly options: readonly string[];
}

// Abstract, or made by others only.
const notMade = new Set([
  'nn.Module.forward',
  'nn.RecurrentBase',
  'nn.ModuleSummary',
  'nn.Session',
  'distributions.Distribution',
  'nn.Attention',
  'optim.Optimizer',
  'autograd.Function',
  // Of a subclass: test/autograd/function.test.ts.
  'autograd.Function.apply',
  'autograd.FunctionContext',
  'optim.lrScheduler.LRScheduler',
  'Tensor',
  'Slice',
  'ValuesAndIndices',
  'data.Dataset.get',
  'data.Tokenizer',
  'data.Tokenizer.decode',
  'data.Tokenizer.encode',
]); // prettier-ignore
/** Whether the call is one that a user makes. */
export const isMade = ({ name }: PublicCall): boolean => !notMade.has(name);

const root = resolve(__dirname, '..', '..');

function program(): ts.Program {
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.json'), (file) =>
    ts.sys.readFile(file),
  ) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return ts.createProgram([resolve(root, 'src', 'index.ts')], options);
}

const isInternal = (symbol: ts.Symbol): boolean =>
  symbol.getJsDocTags().some((tag) => tag.name === 'internal');

const isHidden = (symbol: ts.Symbol): boolean =>
  isInternal(symbol) ||
  (symbol.declarations ?? []).some(
    (declaration) =>
      (ts.getCombinedModifierFlags(declaration) &
        (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !==
      0,
  );

/** Members of Tensor that are the engine's own. */
export function internalOfTensor(): ReadonlySet<string> {
  const made = program();
  const checker = made.getTypeChecker();
  const file = made.getSourceFile(resolve(root, 'src', 'tensor', 'tensor.ts'))!;
  const symbol = checker
    .getExportsOfModule(checker.getSymbolAtLocation(file)!)
    .find(({ name }) => name === 'Tensor')!;
  const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
  return new Set(members.filter(isInternal).map(({ name }) => name));
}

const isNamedOptions = (parameter: string): boolean =>
  parameter === 'options' || parameter.startsWith('__');

/** Keys of a parameter that is an options object: plain, and named so or with optional members only. */
function optionKeys(parameter: string, type: ts.Type): string[] {
  const parts = type.isUnion() ? type.types : [type];
  for (const part of parts) {
    if ((part.flags & ts.TypeFlags.Object) === 0) continue;
    if (part.getCallSignatures().length > 0 || part.getConstructSignatures().length > 0) continue;
    if (part.isClass() || part.getNumberIndexType() !== undefined) continue;
    const members = part.getProperties();
    if (members.length === 0) continue;
    if (
      isNamedOptions(parameter) ||
      members.every((member) => (member.flags & ts.SymbolFlags.Optional) !== 0)
    ) {
      return members.map((member) => member.name);
    }
  }
  return [];
}

/** Every call that the package offers. */
export function publicCalls(): PublicCall[] {
  const { checker, exports } = (() => {
    const made = program();
    const source = made.getSourceFile(resolve(root, 'src', 'index.ts'))!;
    const found = made.getTypeChecker();
    return {
      checker: found,
      exports: found.getExportsOfModule(found.getSymbolAtLocation(source)!),
    };
  })();
  const calls = new Map<string, PublicCall>();
  const seenClasses = new Set<ts.Symbol>();

  /** A parameter by name, or those of a rest parameter that is a tuple: `(...c: [dim?: number])` of a method made of a function. */
  const listed = (parameter: ts.Symbol, at: ts.Node): [string, ts.Type][] => {
    const type = checker.getTypeOfSymbolAtLocation(parameter, parameter.valueDeclaration ?? at);
    const { valueDeclaration: from } = parameter;
    const isRest = from !== undefined && ts.isParameter(from) && from.dotDotDotToken !== undefined;
    if (!isRest || !checker.isTupleType(type)) return [[parameter.name, type]];
    const names = (type as ts.TupleTypeReference).target.labeledElementDeclarations ?? [];
    return checker
      .getTypeArguments(type as ts.TypeReference)
      .map((one, i) => [names[i]?.name.getText() ?? parameter.name, one]);
  };

  const add = (
    name: string,
    kind: PublicCall['kind'],
    signatures: readonly ts.Signature[],
  ): void => {
    if (signatures.length === 0) return;
    const parameters: string[] = [];
    const options = new Set<string>();
    for (const signature of signatures) {
      const declared = signature.parameters.flatMap((parameter) =>
        listed(parameter, signature.declaration!),
      );
      for (const [i, [parameter, type]] of declared.entries()) {
        parameters[i] ??= parameter;
        if (i < declared.length - 1) continue;
        optionKeys(parameter, type).forEach((key) => options.add(key));
      }
    }
    calls.set(name, { name, kind, parameters, options: [...options] });
  };

  const addClass = (
    name: string,
    symbol: ts.Symbol,
    type: ts.Type,
    publicClasses: ReadonlySet<ts.Declaration>,
  ): void => {
    if (seenClasses.has(symbol)) return;
    seenClasses.add(symbol);
    add(name, 'constructor', type.getConstructSignatures());
    for (const made of type.getProperties()) {
      const member = checker.getTypeOfSymbol(made);
      if ((made.flags & ts.SymbolFlags.Method) === 0 || isHidden(made)) continue;
      if (/#/.test(made.name)) continue;
      add(`${name}.${made.name}`, 'function', member.getCallSignatures());
    }
    const instance = checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType;
    // Where a public class above has the member already, it is a call of that one.
    const isAbove = (of: ts.InterfaceType, member: ts.Symbol): boolean =>
      (of.getBaseTypes() ?? [])
        .flatMap((base: ts.Type) => (base.isIntersection() ? base.types : [base]))
        .some((base) =>
          base.symbol.declarations?.some((each) => publicClasses.has(each)) === true
            ? checker.getPropertyOfType(base, member.name)?.valueDeclaration ===
              member.valueDeclaration
            : isAbove(checker.getDeclaredTypeOfSymbol(base.symbol) as ts.InterfaceType, member),
        );
    for (const member of checker.getPropertiesOfType(instance)) {
      if (isHidden(member) || /^__@|#/.test(member.name)) continue;
      if (isAbove(instance, member)) continue;
      const memberType = checker.getNonNullableType(checker.getTypeOfSymbol(member));
      if ((member.flags & (ts.SymbolFlags.Accessor | ts.SymbolFlags.Property)) !== 0) {
        const declaration = member.valueDeclaration;
        // A field that holds a function of the user's, a module or a tensor is no method of ours.
        if (declaration !== undefined && ts.isPropertyDeclaration(declaration)) continue;
        if ((member.flags & ts.SymbolFlags.Accessor) !== 0) continue;
      }
      add(`${name}.${member.name}`, 'method', memberType.getCallSignatures());
    }
  };

  interface Export {
    readonly name: string;
    readonly type: ts.Type;
    /** What `new` makes; undefined for a function. */
    readonly made: ts.Symbol | undefined;
  }
  function* walk(prefix: string, symbols: readonly ts.Symbol[]): Generator<Export> {
    for (const alias of symbols) {
      const symbol =
        (alias.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(alias) : alias;
      if ((symbol.flags & ts.SymbolFlags.Value) === 0 || isInternal(symbol)) continue;
      const name = prefix + alias.name;
      if ((symbol.flags & ts.SymbolFlags.ValueModule) !== 0) {
        yield* walk(`${name}.`, checker.getExportsOfModule(symbol));
        if ((symbol.flags & ts.SymbolFlags.Function) === 0) continue;
      }
      const type = checker.getTypeOfSymbol(symbol);
      const [constructs] = type.getConstructSignatures();
      // A class, or a constant that is used as one: what it makes is found through its construct signature.
      const made = (symbol.flags & ts.SymbolFlags.Class) !== 0 ? symbol : constructs?.getReturnType().symbol; // prettier-ignore
      yield { name, type, made };
    }
  }
  const found = [...walk('', exports)];
  const publicClasses = new Set(found.flatMap(({ made }) => made?.declarations ?? []));
  for (const { name, type, made } of found) {
    if (made !== undefined) addClass(name, made, type, publicClasses);
    else {
      const own = type.getCallSignatures();
      add(name, 'function', own);
      // A function that is a property of a function.
      for (const member of own.length > 0 ? type.getProperties() : []) {
        const signatures = checker.getTypeOfSymbol(member).getCallSignatures();
        add(`${name}.${member.name}`, 'function', signatures);
      }
    }
  }
  return [...calls.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
