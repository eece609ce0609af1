/** The examples in the docstrings of every public name. */
export function examples(): { name: string; layer: string; number: number; code: string }[];
