'use strict';
// The members of classes and interfaces: those that a page describes, and those that it has of its bases.

const ts = require('typescript');
const { isHidden } = require('../../scripts/check-docs.cjs');
const { checker, entries, isOurs } = require('./names.cjs');
const { fenced, flags, formatted, link, prose, summaryOf } = require('./page.cjs');

const { SymbolFlags } = ts;

const isPublicMember = (member) =>
  !isHidden(member) && !member.name.startsWith('__') && isOurs(member);

/** Members that a class or interface declares itself, or has of a base that has no page; and the bases that have one. */
function membersOf(entry) {
  const type = checker.getDeclaredTypeOfSymbol(entry.symbol);
  const bases = basesOf(type)
    .map((base) => entries.get(base.symbol))
    .filter(Boolean);
  const inherited = new Set(
    bases.flatMap((base) =>
      checker
        .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(base.symbol))
        .map((member) => member.declarations?.[0]),
    ),
  );
  const own = checker
    .getPropertiesOfType(type)
    .filter((member) => isPublicMember(member) && !inherited.has(member.declarations[0]));
  return { own, bases };
}

function basesOf(type) {
  const direct = checker.getBaseTypes(type) ?? [];
  return direct.flatMap((base) => [base, ...basesOf(base)]);
}

const staticsOf = (symbol) =>
  checker
    .getPropertiesOfType(checker.getTypeOfSymbol(symbol))
    .filter((member) => member.name !== 'prototype' && isPublicMember(member));

function memberSignatures(member) {
  return checker.getNonNullableType(checker.getTypeOfSymbol(member)).getCallSignatures();
}

const isReadonly = (member) =>
  (ts.getCombinedModifierFlags(member.declarations[0]) & ts.ModifierFlags.Readonly) !== 0 ||
  ((member.flags & SymbolFlags.GetAccessor) !== 0 &&
    (member.flags & SymbolFlags.SetAccessor) === 0);

async function writeMember(page, member, owner) {
  const signatures = memberSignatures(member);
  // A property of an interface may hold a function, too, and is shown as a property.
  const isMethod =
    signatures.length > 0 &&
    ((member.flags & SymbolFlags.Property) === 0 ||
      !ts.isPropertySignature(member.declarations[0]));
  page.ids.push(member.name);
  page.say(`### \`${member.name}${isMethod ? '()' : ''}\` {#${member.name}}`, '');
  if (isMethod) {
    await page.callable(member, `${owner}.${member.name}`, signatures);
    return;
  }
  const optional = (member.flags & SymbolFlags.Optional) !== 0 ? '?' : '';
  const type = checker.typeToString(checker.getTypeOfSymbol(member), undefined, flags);
  const readonly = isReadonly(member) ? 'readonly ' : '';
  page.mention(type);
  const code = await formatted(`interface NAME { ${readonly}${member.name}${optional}: ${type} }`);
  const lines = code
    .split('\n')
    .slice(1, -1)
    .map((line) => line.replace(/^ {2}/, ''));
  page.say(fenced(lines.join('\n').replace(/;$/, '')), prose(summaryOf(member)), '');
  page.tags(member);
}

/** The members that a class has of its bases, as links; of a tensor's, which are too many, the link alone. */
function sayBases(page, bases) {
  const own = new Set(page.ids);
  for (const base of bases) {
    const names = membersOf(base)
      .own.map((member) => member.name)
      .filter((name) => !own.has(name));
    for (const name of names) {
      own.add(name);
      page.inherited.set(name, base);
    }
    const toBase = `[${base.full}](${link(page.entry.path, base)})`;
    const links = [...page.inherited]
      .filter(([, from]) => from === base)
      .map(([name, from]) => `[\`${name}\`](${link(page.entry.path, from, name)})`);
    if (base.full === 'Tensor') page.say(`Has all members of ${toBase}.`, '');
    else if (links.length > 0) page.say(`From ${toBase}: ${links.join(', ')}.`, '');
  }
}

module.exports = { isPublicMember, memberSignatures, membersOf, sayBases, staticsOf, writeMember };
