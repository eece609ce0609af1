/** The examples in the docstrings of every public name. */
export function examples(): { name: string; room: string; number: number; code: string }[];
