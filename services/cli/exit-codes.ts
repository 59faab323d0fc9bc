/** Exit codes of the command line (docs/cli.md). Only `main.ts` exits. */
export const exitCodes = { pass: 0, fail: 1, usage: 2, infrastructure: 3, waiting: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
