/** How modules print: `Net(`, its children indented, `)`, as PyTorch does. */

/** A boolean as PyTorch prints it. */
export const showBoolean = (value: boolean): string => (value ? 'True' : 'False');

/** A float as Python prints it. */
export function showNumber(value: number): string {
  if (Number.isInteger(value)) return value.toFixed(1);
  return Math.abs(value) < 1e-4 ? value.toExponential().replace(/e-(\d)$/, 'e-0$1') : String(value);
}

/** Sizes as Python prints a tuple. */
export const showTuple = (sizes: readonly number[]): string =>
  `(${sizes.join(', ')}${sizes.length === 1 ? ',' : ''})`;

/** `inplace` behind what else is printed; as in PyTorch, only where it is on. */
export const showInplace = (inplace: boolean, ...before: readonly string[]): string =>
  (inplace ? [...before, `inplace=${showBoolean(true)}`] : before).join(', ');

/** Anything that prints: a module, a parameter's summary. */
interface Printable {
  toString(): string;
}

const indent = (text: string): string => text.replaceAll('\n', '\n  ');

function assemble(name: string, extra: readonly string[], children: readonly string[]): string {
  if (children.length === 0 && extra.length <= 1) return `${name}(${extra.join('')})`;
  return `${name}(\n  ${[...extra, ...children].join('\n  ')}\n)`;
}

/** A module with what its `extraRepr` says and its children by name. */
export function printModule(
  name: string,
  extra: string,
  children: readonly (readonly [string, Printable])[],
): string {
  return assemble(
    name,
    extra === '' ? [] : extra.split('\n'),
    children.map(([key, child]) => `(${key}): ${indent(child.toString())}`),
  );
}

/** A list's children, equal neighbours in one line: `(0-2): 3 x Linear(…)`. */
export function printList(name: string, items: readonly Printable[]): string {
  const lines: string[] = [];
  const texts = items.map((item) => item.toString());
  for (let from = 0, to: number; from < texts.length; from = to) {
    to = from + 1;
    while (to < texts.length && texts[to] === texts[from]) to++;
    const label = to - from === 1 ? `(${from}): ` : `(${from}-${to - 1}): ${to - from} x `;
    lines.push(label + indent(texts[from]));
  }
  return assemble(name, [], lines);
}
