/** The program's chart of the loss has colors in a terminal, and none where NO_COLOR says so (https://no-color.org). */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '..', '..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ostinato-chart-'));
const program = path.join(folder, 'chart.ts');
fs.writeFileSync(
  program,
  `import { lossChart } from ${JSON.stringify(path.join(root, 'src', 'cli', 'chart'))};
process.stdout.isTTY = process.argv[2] === 'terminal';
void lossChart([[1, 3], [2, 2], [3, 1]], [[1, 3], [3, 2]], 60).then((chart) => process.stdout.write(String(chart)));
`,
);
afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

/** The chart, drawn by a process of its own: its package is an ES module. */
function draw(stdout: 'terminal' | 'pipe', noColor?: string): string {
  const { NO_COLOR: _, ...env } = process.env;
  const args = [path.join(root, 'scripts', 'run.cjs'), program, stdout];
  const run = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: noColor === undefined ? env : { ...env, NO_COLOR: noColor },
  });
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/^loss by step/);
  return run.stdout;
}

const escape = '\u001b[';

test('colors in a terminal', () => {
  const chart = draw('terminal');
  expect(chart).toContain(escape);
  expect(chart).toMatch(/^loss by step \(cyan training, yellow validation\)\n/);
});

// The convention: any value but the empty one.
test.each(['1', '0', 'yes'])('none with NO_COLOR=%s', (value) => {
  const chart = draw('terminal', value);
  expect(chart).not.toContain(escape);
  expect(chart).toMatch(/^loss by step\n/);
});

test('an empty NO_COLOR changes nothing', () => {
  expect(draw('terminal', '')).toContain(escape);
});

test('none in a file or a pipe', () => {
  expect(draw('pipe')).not.toContain(escape);
});
