/** See find.cjs. */
export function findCompiled(words: readonly string[], root?: string): string | undefined;
