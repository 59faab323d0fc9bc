/** See find.mjs. */
export function findCompiled(root?: string): Promise<string | undefined>;
