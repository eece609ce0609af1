'use strict';
// A page of Markdown under way: docstrings as prose, signatures and types as code with links, tables of parameters.

const path = require('node:path');
const prettier = require('prettier');
const ts = require('typescript');
const { bare, checker, declarationOf, entryNamed, isOurs } = require('./names.cjs');

const { TypeFormatFlags } = ts;

const relative = (from, to) => path.posix.relative(path.posix.dirname(from), to);
const link = (from, entry, id = '') => `${relative(from, entry.path)}.md${id && `#${id}`}`;

/** Docstrings are Markdown, but for < and {{, which the site would read as its own. */
const prose = (text) =>
  text
    .split(/(`[^`\n]*`|^ {4}.*$)/m)
    .map((part, i) =>
      i % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '{&#123;'),
    )
    .join('');
const escapeHtml = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const cell = (text) =>
  prose(text)
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
    .trim();
const title = (text) => text.replace(/_/g, '\\_');

/** A docstring's first sentence; what follows a colon at its end, an equation or a table, is left to the page. */
function firstSentence(text) {
  const [paragraph] = text.trim().split(/\n\s*\n/);
  const [sentence] = paragraph.split(/(?<=[.;:])\s+(?=[^a-z(])/);
  return sentence.replace(/[:;]$/, '.');
}

const summaryOf = (symbol) =>
  ts
    .displayPartsToString(symbol.getDocumentationComment(checker))
    .replace(/\{@link ([^}]+)\}/g, '`$1`');

function tagsOf(symbol, name) {
  return symbol
    .getJsDocTags(checker)
    .filter((tag) => tag.name === name)
    .map((tag) =>
      ts
        .displayPartsToString(tag.text)
        .replace(/\{@link ([^}]+)\}/g, '`$1`')
        .trim(),
    );
}

/** What the tags `@param name text` say, by name; names such as options.lr among them. */
function parameterTexts(symbol) {
  const texts = new Map();
  for (const text of tagsOf(symbol, 'param')) {
    const [, name, rest] = /^(\S+)\s*(?:-\s*)?([^]*)$/.exec(text) ?? [];
    if (name !== undefined) texts.set(name, rest);
  }
  return texts;
}

const flags = TypeFormatFlags.NoTruncation | TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;

async function formatted(code) {
  const text = await prettier.format(code, {
    parser: 'typescript',
    singleQuote: true,
    printWidth: 84,
  });
  return text.trim().replace(/;$/, '');
}

/** The signatures of a function, a method or a constructor, as they would be declared. */
async function signatureText(prefix, signatures) {
  const lines = [];
  for (const signature of signatures) {
    const text = checker.signatureToString(signature, undefined, flags);
    const optional = text.replace(/(\?: [^,;()]*?) \| undefined(?=[,;)])/g, '$1');
    const code = await formatted(`declare function NAME${optional};`);
    lines.push(code.replace('declare function NAME', prefix));
  }
  return [...new Set(lines)].join('\n');
}

const fenced = (code) => `\`\`\`ts\n${code}\n\`\`\`\n`;

class Page {
  constructor(entry) {
    this.entry = entry;
    this.lines = [];
    this.hidden = new Map();
    this.ids = [];
    this.inherited = new Map();
  }

  say(...lines) {
    this.lines.push(...lines);
  }

  /** A type as HTML code, its public names as links. */
  type(text) {
    const { path: from, module } = this.entry;
    const parts = text.split(/('[^']*'|\b[A-Z]\w*\b(?!'))/);
    const html = parts.map((part, i) => {
      if (i % 2 === 0 || part.startsWith("'")) return escapeHtml(part);
      const entry = entryNamed(part, module);
      if (entry === undefined) {
        this.mention(part);
        return part;
      }
      if (entry !== this.entry) entry.users.add(this.entry);
      return `<a href="./${relative(from, entry.path)}.html">${part}</a>`;
    });
    return `<code v-pre>${html.join('').replaceAll('|', '&#124;').replace(/\s+/g, ' ')}</code>`;
  }

  /** Notes the types without a page that `code`, written where `place` is, mentions: they are explained at the end. */
  mention(code, place = this.entry.symbol.declarations[0]) {
    for (const [name] of code.matchAll(/\b[A-Z]\w*\b/g)) {
      if (this.hidden.has(name) || entryNamed(name, this.entry.module) !== undefined) continue;
      const declaration = declarationOf(name, place);
      if (declaration !== undefined) this.hidden.set(name, declaration);
    }
  }

  table(head, rows) {
    if (rows.length === 0) return;
    const line = (cells) => `| ${cells.join(' | ')} |`;
    this.say(line(head), line(head.map(() => '---')), ...rows.map(line), '');
  }

  /** The parameters of all signatures, and below an options object its options. */
  parameters(signatures, symbol, texts) {
    const rows = new Map();
    for (const signature of signatures) {
      for (const parameter of signature.parameters) {
        const type = checker.getTypeOfSymbol(parameter);
        const said =
          ts.displayPartsToString(parameter.getDocumentationComment(checker)) ||
          texts.get(parameter.name) ||
          '';
        const { name } = parameter;
        if (!rows.has(name)) rows.set(name, [`\`${name}\``, this.typeOf(type), cell(said)]);
        const options = this.optionsOf(type, name);
        if (options === null) continue;
        for (const member of checker.getPropertiesOfType(options)) {
          const key = `${name}.${member.name}`;
          if (rows.has(key)) continue;
          const text = texts.get(key) ?? summaryOf(member);
          const memberType = this.typeOf(checker.getTypeOfSymbol(member));
          rows.set(key, [`<span class="option">\`${member.name}\`</span>`, memberType, cell(text)]);
        }
      }
    }
    // Types alone are in the signature, too: a table of them is worth it where they lead to other pages.
    const cells = [...rows.values()];
    const says = cells.some(
      ([, type, text]) => text !== '' || /href="(?!.*\/Tensor\.html)/.test(type),
    );
    if (says) this.table(['parameter', 'type', 'meaning'], cells);
  }

  typeOf(type) {
    return this.type(checker.typeToString(checker.getNonNullableType(type), undefined, flags));
  }

  /** The interface of an options object, whose members are listed below it; null for any other parameter. */
  optionsOf(type, name) {
    const options = checker.getNonNullableType(type);
    if (!/options$/i.test(name) || options.getCallSignatures().length > 0) return null;
    return checker.getPropertiesOfType(options).every(isOurs) ? options : null;
  }

  /** What a function, method or class does, after its heading. */
  async callable(symbol, prefix, signatures) {
    const code = await signatureText(prefix, signatures);
    this.mention(code);
    if (code !== '') this.say(fenced(code));
    this.say(prose(summaryOf(symbol)), '');
    this.parameters(signatures, symbol, parameterTexts(symbol));
    this.tags(symbol);
  }

  /** What a docstring says behind its text. */
  tags(symbol) {
    for (const text of tagsOf(symbol, 'returns')) this.say(`**Returns** ${prose(text)}`, '');
    for (const text of tagsOf(symbol, 'throws')) this.say(`**Throws** ${prose(text)}`, '');
    for (const text of tagsOf(symbol, 'example')) this.say(fenced(text));
  }

  /** What the types are that have no page of their own, and those that they are made of. */
  footnotes() {
    const texts = [];
    // Grows while it is walked.
    for (const declaration of this.hidden.values()) {
      const text = bare(declaration)
        .replace(/^export /, '')
        .replaceAll('    ', '  ');
      if (/\b(unique symbol|declaration:)/.test(text)) continue;
      texts.push(text);
      this.mention(text, declaration);
    }
    if (texts.length === 0) return;
    this.say(
      texts.length === 1 ? 'with the type' : 'with the types',
      '',
      fenced(texts.join('\n\n')),
    );
  }
}

module.exports = {
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
};
