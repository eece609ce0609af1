'use strict';
// Every public name as the compiler sees it: where it is exported, of what kind it is, which page describes it; and the types
// behind names that are not exported.

const path = require('node:path');
const ts = require('typescript');
const { isHidden, load } = require('../../scripts/check-docs.cjs');
const { families, modules } = require('./modules.cjs');

const root = path.resolve(__dirname, '..', '..');
const { SymbolFlags } = ts;

const { program, checker, exports: exported } = load();

const resolved = (symbol) =>
  (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);

const fileOf = (symbol) =>
  path.relative(root, symbol.declarations[0].getSourceFile().fileName).split(path.sep).join('/');

const isOurs = (symbol) => symbol.declarations !== undefined && fileOf(symbol).startsWith('src/');

function kindOf(symbol) {
  if ((symbol.flags & SymbolFlags.Class) !== 0) return 'class';
  if ((symbol.flags & (SymbolFlags.Interface | SymbolFlags.TypeAlias)) !== 0) return 'type';
  return checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0 ? 'function' : 'value';
}

const fullName = (module, name) => (module === '' ? name : `${module}.${name}`);

/** The module of a full name: nn.functional of nn.functional.relu, '' of relu. */
const moduleOf = (full) => full.slice(0, Math.max(0, full.lastIndexOf('.')));

/** Where a name's page is: tensors' functions by family, the others by module. */
function pathOf(module, name, symbol, kind) {
  if (fullName(module, name) === 'Tensor') return 'reference/Tensor';
  if (kind === 'type' || (module === '' && kind === 'class')) {
    // A file index.html, in any case, is a folder's own page.
    const file = name === 'Index' ? 'Index_' : name;
    return `reference/${module === '' ? '' : `${module}/`}types/${file}`;
  }
  if (module !== '') return `reference/${module}/${name}`;
  return `reference/${familyOf(symbol)}/${name}`;
}

function familyOf(symbol) {
  const [, top, family] = fileOf(symbol).split('/');
  const found = top === 'ops' ? family : top;
  if (found in families) return found;
  if (top === 'ops')
    throw new Error(`reference: say what family of functions src/ops/${family} is`);
  return 'other';
}

/** Symbol -> { module, name, full, symbol, kind, path, also: the other full names }. */
const entries = new Map();

function collect(module, symbols) {
  const inner = [];
  for (const alias of symbols) {
    const symbol = resolved(alias);
    if (isHidden(symbol) || alias.name === 'default' || !isOurs(symbol)) continue;
    const full = fullName(module, alias.name);
    if (
      (symbol.flags & SymbolFlags.ValueModule) !== 0 &&
      (symbol.flags & SymbolFlags.Function) === 0
    ) {
      if (!(full in modules)) throw new Error(`reference: say what the module ${full} is for`);
      inner.push([full, symbol]);
      continue;
    }
    const known = entries.get(symbol);
    if (known !== undefined) {
      known.also.push(full);
      continue;
    }
    // The class behind the name Tensor: what users see is an alias of it, and a value to ask instanceof of.
    const about = full === 'Tensor' ? checker.getDeclaredTypeOfSymbol(symbol).symbol : symbol;
    const kind = kindOf(about);
    const entry = {
      module,
      alias: symbol,
      name: alias.name,
      full,
      symbol: about,
      kind,
      also: [],
      users: new Set(),
    };
    entry.path = pathOf(module, alias.name, about, kind);
    entries.set(about, entry);
    if (about !== symbol) entries.set(symbol, entry);
  }
  for (const [full, symbol] of inner) collect(full, checker.getExportsOfModule(symbol));
}
collect('', exported);

const all = [...new Set(entries.values())];
const byName = new Map(all.map((entry) => [entry.full, entry]));

/** The entry that a type's name means where `module` is documented: the nearest module's. */
function entryNamed(name, module) {
  for (let at = module; ; at = moduleOf(at)) {
    const found = byName.get(fullName(at, name));
    if (found !== undefined && (found.kind === 'type' || found.kind === 'class')) return found;
    if (at === '') break;
  }
  const others = all.filter(
    (entry) => entry.name === name && (entry.kind === 'type' || entry.kind === 'class'),
  );
  return others.length === 1 ? others[0] : undefined;
}

/** The types of src/ by name: what a signature means by one that is not exported is said beside it. */
const declaredTypes = new Map();
for (const source of program.getSourceFiles()) {
  if (!path.relative(root, source.fileName).startsWith('src')) continue;
  source.forEachChild((node) => {
    if (!ts.isTypeAliasDeclaration(node) && !ts.isInterfaceDeclaration(node)) return;
    const name = node.name.text;
    declaredTypes.set(name, [...(declaredTypes.get(name) ?? []), node]);
  });
}

/** The declaration of the type that is called `name` at `place`, or the only one of that name; undefined for none of ours. */
function declarationOf(name, place) {
  const found = checker.resolveName(name, place, SymbolFlags.Type, false);
  const declarations = declaredTypes.get(name) ?? [];
  if (found !== undefined) {
    const own = resolved(found).declarations ?? [];
    const inScope = declarations.find((declaration) => own.includes(declaration));
    if (inScope !== undefined) return inScope;
  }
  return declarations[0];
}

/** A declaration's text without its comments. */
function bare(node) {
  const printer = ts.createPrinter({ removeComments: true });
  return printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
}

module.exports = {
  all,
  bare,
  checker,
  declarationOf,
  entries,
  entryNamed,
  familyOf,
  isOurs,
  moduleOf,
};
