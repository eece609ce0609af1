'use strict';
// Lists what the package exports without saying what it is: every public name and every public member of it has a
// summary, every function and class an example, and what takes arguments says what it throws: functions, classes, and methods of classes
// whose code refuses any.
//
//   node scripts/check-docs.cjs            all of src/
//   node scripts/check-docs.cjs nn optim   what is declared in src/nn and src/optim
//
// Exits with 1 when anything is missing.

const path = require('node:path');
const ts = require('typescript');

const root = path.resolve(__dirname, '..');
const entry = path.join(root, 'src', 'index.ts');

/** The package's types as the compiler sees them. */
function load() {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
  return { program, checker, exports: checker.getExportsOfModule(module) };
}

const tagsOf = (symbol) => symbol.getJsDocTags().map((tag) => tag.name);

const isInternalTag = (tag) => tag.tagName.text === 'internal';

const isHidden = (symbol) =>
  tagsOf(symbol).includes('internal') ||
  (symbol.declarations ?? []).some((declaration) => {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    if ((ts.getCombinedModifierFlags(declaration) & hidden) !== 0) return true;
    return declaration.name !== undefined && ts.isPrivateIdentifier(declaration.name);
  });

/** The folder of src/ that declares a symbol; null for what is not ours. */
function layerOf(symbol) {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  if (file === undefined) return null;
  const [top, layer] = path.relative(root, file).split(path.sep);
  return top === 'src' ? layer : null;
}

/**
 * Every public name: `{ name, layer, kind, summary, tags, parameters, refuses }`, where kind is 'function', 'class', 'value', 'type' or
 * 'member', and `refuses` says of a member whether it is a method that throws.
 */
function publicNames() {
  const { checker, exports } = load();
  const found = [];
  const seen = new Set();

  const parametersOf = (type) =>
    Math.max(0, ...type.getCallSignatures().map((signature) => signature.parameters.length));

  // Of what a user may construct, and what it can refuse: not parameters of any type.
  const constructorParameters = (symbol) =>
    Math.max(
      0,
      ...checker
        .getTypeOfSymbol(symbol)
        .getConstructSignatures()
        .filter(
          ({ declaration }) =>
            !ts.getJSDocTags(declaration ?? symbol.valueDeclaration).some(isInternalTag),
        )
        .map(({ parameters }) => parameters.filter((one) => !takesAnything(one)).length),
    );

  const takesAnything = (parameter) =>
    ['unknown', 'unknown[]'].includes(checker.typeToString(checker.getTypeOfSymbol(parameter)));

  // Code that refuses what it is given, besides arguments too many.
  const refusal = /\bthrow\b|\.(?:check|read|refuse)\(|\b(?:refuse|check[A-Z])\w*\(/;

  /** Whether a method of a class refuses any argument. What a Tensor takes over from a function has no body of its own, and does. */
  const refusesAny = (symbol) => {
    const owners = symbol.declarations.map(({ parent }) => parent);
    if (owners.every((owner) => ts.isClassLike(owner))) {
      return symbol.declarations.some(
        ({ body }) =>
          body !== undefined && refusal.test(body.getText().replace(/\bsurplus\(/g, '')),
      );
    }
    return (
      owners.every((owner) => ts.isObjectLiteralExpression(owner)) ||
      symbol.declarations.every(ts.isFunctionDeclaration)
    );
  };

  const note = (name, kind, symbol, parameters = 0, refuses = false) => {
    const summary = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    const tags = symbol.getJsDocTags(checker);
    found.push({ name, layer: layerOf(symbol), kind, summary, tags, parameters, refuses });
  };

  const noteMembers = (name, type) => {
    for (const member of checker.getPropertiesOfType(type)) {
      if (isHidden(member) || member.name.startsWith('__@') || layerOf(member) === null) continue;
      const owner = member.declarations[0].parent;
      if (seen.has(member.declarations[0]) || owner === undefined) continue;
      seen.add(member.declarations[0]);
      note(
        `${name}.${member.name}`,
        'member',
        member,
        parametersOf(checker.getTypeOfSymbol(member)),
        refusesAny(member),
      );
    }
  };

  const noteSymbol = (name, symbol) => {
    const { flags } = symbol;
    if ((flags & ts.SymbolFlags.Class) !== 0) {
      note(name, 'class', symbol, constructorParameters(symbol));
      noteMembers(name, checker.getDeclaredTypeOfSymbol(symbol));
    } else if ((flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) !== 0) {
      note(name, 'type', symbol);
      if ((flags & ts.SymbolFlags.Interface) !== 0) {
        noteMembers(name, checker.getDeclaredTypeOfSymbol(symbol));
      }
    } else {
      const type = checker.getTypeOfSymbol(symbol);
      const isFunction = type.getCallSignatures().length > 0;
      note(name, isFunction ? 'function' : 'value', symbol, parametersOf(type));
    }
  };

  const walk = (prefix, symbols) => {
    for (const alias of symbols) {
      const symbol =
        (alias.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(alias) : alias;
      if (seen.has(symbol) || isHidden(symbol)) continue;
      seen.add(symbol);
      const name = prefix + alias.name;
      if ((symbol.flags & ts.SymbolFlags.ValueModule) !== 0) {
        walk(`${name}.`, checker.getExportsOfModule(symbol));
      } else noteSymbol(name, symbol);
    }
  };
  walk('', exports);
  return found;
}

/** What a public name does not say. */
function missingOf({ kind, summary, tags, parameters, refuses }) {
  const has = (tag) => tags.some(({ name }) => name === tag);
  const missing = [];
  if (summary.trim() === '') missing.push('summary');
  if ((kind === 'function' || kind === 'class') && !has('example')) missing.push('@example');
  const isCalled = kind === 'function' || kind === 'class' || refuses;
  if (isCalled && parameters > 0 && !has('throws')) {
    missing.push('@throws');
  }
  return missing;
}

/** The examples of every public name, as text. */
function examples() {
  return publicNames().flatMap(({ name, layer, tags }) =>
    tags
      .filter((tag) => tag.name === 'example')
      .map((tag, i) => ({ name, layer, number: i, code: ts.displayPartsToString(tag.text) })),
  );
}

function main(layers) {
  const bad = publicNames()
    .filter(({ layer }) => layers.length === 0 || layers.includes(layer))
    .map((each) => ({ ...each, missing: missingOf(each) }))
    .filter(({ missing }) => missing.length > 0)
    .sort((a, b) => (a.layer < b.layer ? -1 : a.layer > b.layer ? 1 : 0));
  for (const { layer, name, missing } of bad)
    console.log(`${layer}: ${name}: ${missing.join(', ')}`);
  console.log(bad.length === 0 ? 'every public name is documented' : `${bad.length} names`);
  process.exitCode = bad.length === 0 ? 0 : 1;
}

module.exports = { examples, isHidden, load, publicNames };
if (require.main === module) main(process.argv.slice(2));
