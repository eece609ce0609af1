'use strict';
// What a page says of a function, a class, a type or a value.

const ts = require('typescript');
const { all, bare, checker } = require('./names.cjs');
const {
  Page,
  cell,
  fenced,
  firstSentence,
  flags,
  formatted,
  link,
  prose,
  relative,
  signatureText,
  summaryOf,
  title,
} = require('./page.cjs');
const {
  isPublicMember,
  memberSignatures,
  membersOf,
  sayBases,
  staticsOf,
  writeMember,
} = require('./members.cjs');

const { SymbolFlags } = ts;

async function writeClass(page) {
  const { symbol, full } = page.entry;
  if (full === 'Tensor') return writeTensor(page);
  const constructors = checker
    .getTypeOfSymbol(symbol)
    .getConstructSignatures()
    .filter(
      ({ declaration }) =>
        declaration === undefined ||
        !ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'internal'),
    );
  const isAbstract =
    (ts.getCombinedModifierFlags(symbol.declarations[0]) & ts.ModifierFlags.Abstract) !== 0;
  const texts = new Map(
    constructors.flatMap(({ declaration }) =>
      declaration === undefined
        ? []
        : ts
            .getJSDocTags(declaration)
            .filter(ts.isJSDocParameterTag)
            .map((tag) => [tag.name.getText(), ts.getTextOfJSDocComment(tag.comment) ?? '']),
    ),
  );
  const code = await signatureText(`new ${full}`, constructors);
  page.mention(code);
  if (isAbstract) page.say('An abstract class, to be extended.', '');
  else if (code !== '') page.say(fenced(code));
  page.say(prose(summaryOf(symbol)), '');
  page.parameters(isAbstract ? [] : constructors, symbol, texts);
  page.tags(symbol);
  const { own, bases } = membersOf(page.entry);
  const statics = staticsOf(symbol).filter(
    (member) =>
      !bases.some((base) =>
        staticsOf(base.symbol).some((one) => one.declarations[0] === member.declarations[0]),
      ),
  );
  if (own.length + statics.length > 0) page.say('## Members', '');
  for (const member of statics) await writeMember(page, member, full);
  for (const member of own) await writeMember(page, member, variableOf(page.entry.name));
  if (bases.length > 0) page.say('## Inherited', '');
  sayBases(page, bases);
}

/** How examples call an object of a class: lstm, optimizer. */
const variableOf = (name) =>
  /^[A-Z]+$/.test(name)
    ? name.toLowerCase()
    : name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+/, (start) => start.toLowerCase());

/** What most programs ask a tensor for comes before what few do. */
const first = [
  'shape',
  'dtype',
  'ndim',
  'numel',
  'size',
  'item',
  'toArray',
  'toTypedArray',
  'toString',
  'requiresGrad',
  'grad',
  'backward',
  'isLeaf',
  'gradFn',
];
const place = ({ name }) => (first.includes(name) ? first.indexOf(name) : first.length);

/** Methods that are functions, too, are listed with a link; the others are described. */
async function writeTensor(page) {
  const { symbol, alias } = page.entry;
  page.say(prose(summaryOf(alias)), '');
  page.say(
    'Tensors are made by functions such as [tensor](creation/tensor.md), [zeros](creation/zeros.md) and [randn](random/randn.md).',
    '',
  );
  const functions = new Map(
    all
      .filter(({ kind }) => kind === 'function')
      .map((entry) => [entry.symbol.declarations[0], entry]),
  );
  const members = checker
    .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
    .filter(isPublicMember);
  const listed = [];
  const described = [];
  for (const member of members) {
    const entry =
      functions.get(member.declarations[0]) ??
      [...functions.values()].find(
        (one) =>
          one.name === member.name &&
          one.module === '' &&
          memberSignatures(member).length > 0 &&
          summaryOf(one.symbol) === summaryOf(member),
      );
    if (entry === undefined) described.push(member);
    else listed.push([member, entry]);
  }
  described.sort((a, b) => place(a) - place(b));
  page.say('## Properties and methods', '');
  for (const member of described) await writeMember(page, member, 'x');
  page.say(
    '## Functions as methods',
    '',
    'The tensor is the first argument: `x.add(y)` is `add(x, y)`.',
    '',
  );
  listed.sort(([a], [b]) => (a.name < b.name ? -1 : 1));
  page.table(
    ['method', 'what it does'],
    listed.map(([member, entry]) => {
      page.ids.push(member.name);
      const name = `[\`${member.name}\`](${link(page.entry.path, entry)})`;
      return [
        `<span id="${member.name}"></span>${name}`,
        cell(firstSentence(summaryOf(entry.symbol))),
      ];
    }),
  );
  for (const [, entry] of listed) entry.isMethod = true;
}

async function writeType(page) {
  const { symbol } = page.entry;
  const declaration = symbol.declarations[0];
  page.say(prose(summaryOf(symbol)), '');
  if (ts.isTypeAliasDeclaration(declaration)) {
    const code = await formatted(bare(declaration).replace(/^export /, ''));
    page.mention(code);
    page.say(fenced(code));
    return;
  }
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const members = checker.getPropertiesOfType(type).filter(isPublicMember);
  const calls = await signatureText('', type.getCallSignatures());
  page.mention(calls);
  if (calls !== '') page.say(fenced(calls));
  page.table(
    ['member', 'type', 'meaning'],
    members.map((member) => {
      page.ids.push(member.name);
      const optional = (member.flags & SymbolFlags.Optional) !== 0 ? '?' : '';
      const name = `<span id="${member.name}"></span>\`${member.name}${optional}\``;
      return [name, page.typeOf(checker.getTypeOfSymbol(member)), cell(summaryOf(member))];
    }),
  );
  page.tags(symbol);
}

async function writePage(entry) {
  const page = new Page(entry);
  entry.page = page;
  page.say(`# ${title(entry.full)}`, '');
  if (entry.kind === 'class') await writeClass(page);
  else if (entry.kind === 'type') await writeType(page);
  else if (entry.kind === 'function') {
    const signatures = checker.getTypeOfSymbol(entry.symbol).getCallSignatures();
    await page.callable(entry.symbol, entry.full, signatures);
    // Functions with functions as members, such as tqdm.write.
    const members = checker.getPropertiesOfType(checker.getTypeOfSymbol(entry.symbol));
    for (const member of members.filter((one) => isPublicMember(one) && one.name !== 'declaration'))
      await writeMember(page, member, entry.full);
  } else {
    const type = checker.typeToString(checker.getTypeOfSymbol(entry.symbol), undefined, flags);
    page.mention(type);
    page.say(fenced(`${entry.full}: ${type}`), prose(summaryOf(entry.symbol)), '');
    page.tags(entry.symbol);
  }
}

/** What follows a page when all are written: other names of it, its method, and what takes it. */
function finish({ page, also, users, isMethod, name, path: from, kind }) {
  page.footnotes();
  if (isMethod)
    page.say(
      `A method, too: [\`x.${name}\`](${relative(from, 'reference/Tensor')}.md#${name}).`,
      '',
    );
  if (also.length > 0)
    page.say(`Exported as ${also.map((each) => `\`${each}\``).join(', ')}, too.`, '');
  if (kind === 'type' && users.size > 0 && users.size <= 12) {
    const links = [...users].map((user) => `[${title(user.full)}](${link(from, user)})`);
    page.say(`Used by ${links.join(', ')}.`, '');
  }
  return page.lines.join('\n');
}

module.exports = { finish, writePage };
