export const root: string | null;
export const builds: readonly string[];
export const prebuilt: Readonly<Record<string, () => unknown>>;
