/** A text of TypeScript or JavaScript, by the end of `filename`, as a CommonJS script. Throws where it cannot be read. */
export function transform(code: string, filename: string): string;
