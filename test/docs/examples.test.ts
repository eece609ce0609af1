// Every example in a docstring of a public name runs, with the package's names in scope and files going to a folder of its own.
import * as ostinato from 'ostinato';
import { examples } from '../../scripts/check-docs.cjs';
import { runInEmptyFolder, runProgram } from './blocks';

// In an async function, which the test waits for.
const running = globalThis as { example?: Promise<void> };
const program = (code: string): string => {
  const names = Object.keys(ostinato).filter((name) => !['default', 'var'].includes(name));
  return `import { ${names.join(', ')} } from 'ostinato';\nglobalThis.example = (async () => {\n${code}\n})();`;
};

runInEmptyFolder();

const all = examples();

test('there are examples', () => {
  expect(all.length).toBeGreaterThan(200);
});

test.each(all.map(({ name, number, code }) => [`${name} ${number}`, code]))(
  '%s',
  async (name, code) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      await runProgram({ title: name, code: program(code), expected: [] }, ostinato);
      await running.example;
    } finally {
      warn.mockRestore();
    }
  },
);
