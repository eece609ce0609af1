'use strict';
// A text of TypeScript or JavaScript as a CommonJS script: by swc, or by TypeScript itself, which takes longer, where swc has no binary
// (npm run test:platforms). Throws where the text cannot be read.

const options = require('./swc.cjs');

function transform(code, filename) {
  if (!process.env.OSTINATO_COMPILED) {
    const parser = { syntax: filename.endsWith('.js') ? 'ecmascript' : 'typescript' };
    const jsc = { ...options.jsc, parser };
    return require('@swc/core').transformSync(code, { ...options, jsc, filename }).code;
  }
  const {
    transpileModule,
    flattenDiagnosticMessageText,
    ScriptTarget,
    ModuleKind,
  } = require('typescript');
  const { outputText, diagnostics } = transpileModule(code, {
    fileName: filename,
    compilerOptions: {
      target: ScriptTarget.ES2022,
      module: ModuleKind.CommonJS,
      esModuleInterop: true,
    },
    reportDiagnostics: true,
  });
  if (diagnostics.length > 0)
    throw new SyntaxError(
      `${filename}: ${flattenDiagnosticMessageText(diagnostics[0].messageText, '\n')}`,
    );
  return outputText;
}

module.exports = { transform };
