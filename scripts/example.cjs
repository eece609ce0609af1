'use strict';
// npm run example             lists the examples, a line each
// npm run example -- NAME     runs examples/NAME.ts with the arguments that follow; the start of a name
//                             will do where one example starts so (s3c)

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const folder = path.join(root, 'examples');
const names = (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

/** The first line of the comment that opens the file. */
function summary(name) {
  const text = fs.readFileSync(path.join(folder, `${name}.ts`), 'utf8');
  return /^\/[/*]+\s*(.*)/.exec(text)?.[1] ?? '';
}

const [asked, ...args] = process.argv.slice(2);
const started = names.filter((each) => asked !== undefined && each.startsWith(asked));
const name = started.length === 1 ? started[0] : asked;
if (name === undefined) {
  const width = Math.max(0, ...names.map((each) => each.length));
  for (const each of names) console.log(`${each.padEnd(width)}  ${summary(each)}`);
} else if (!names.includes(name)) {
  console.error(`example: there is no '${name}'; one of ${names.join(', ')}`);
  process.exitCode = 1;
} else {
  const program = [path.join(__dirname, 'run.cjs'), path.join(folder, `${name}.ts`), ...args];
  process.exitCode = spawnSync(process.execPath, program, { stdio: 'inherit' }).status ?? 1;
}
