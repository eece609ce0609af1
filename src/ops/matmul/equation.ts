/** einsum's equations: the labels of each operand's dimensions and of the result's. */

/** The labels of one operand or of the result; `ellipsis` is the position of `...`, or -1. */
export interface Subscripts {
  readonly text: string;
  readonly labels: readonly string[];
  readonly ellipsis: number;
}

export interface Equation {
  readonly text: string;
  readonly inputs: readonly Subscripts[];
  /** Null where the equation has no arrow. */
  readonly output: Subscripts | null;
}

function parseSubscripts(equation: string, text: string): Subscripts {
  const labels: string[] = [];
  let ellipsis = -1;
  for (let i = 0; i < text.length; i++) {
    const symbol = text[i];
    if (symbol === ' ') continue;
    if (symbol !== '.') {
      if (!/[a-zA-Z]/.test(symbol)) {
        throw new RangeError(
          `einsum: a subscript must be a letter from a to z or A to Z, or ..., got '${symbol}' in '${equation}'`,
        );
      }
      labels.push(symbol);
      continue;
    }
    if (text.slice(i, i + 3) !== '...' || ellipsis >= 0) {
      throw new RangeError(
        `einsum: dots come as one ... for each operand, got '${text.trim()}' in '${equation}'`,
      );
    }
    ellipsis = labels.length;
    i += 2;
  }
  return { text: text.replaceAll(' ', ''), labels, ellipsis };
}

/** @throws RangeError for text that is no equation. */
export function parse(equation: string): Equation {
  const arrow = equation.indexOf('->');
  const left = arrow < 0 ? equation : equation.slice(0, arrow);
  const inputs = left.split(',').map((text) => parseSubscripts(equation, text));
  if (arrow < 0) return { text: equation, inputs, output: null };
  const output = parseSubscripts(equation, equation.slice(arrow + 2));
  for (const label of output.labels) {
    if (!inputs.some(({ labels }) => labels.includes(label))) {
      throw new RangeError(
        `einsum: the result's subscript '${label}' is none of an operand's in '${equation}'`,
      );
    }
  }
  if (new Set(output.labels).size !== output.labels.length) {
    throw new RangeError(
      `einsum: the result's subscripts must be distinct, got '${output.text}' in '${equation}'`,
    );
  }
  return { text: equation, inputs, output };
}
