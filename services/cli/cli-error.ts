import type { ExitCode } from './exit-codes.ts';

/** An error the user sees: what is wrong, what to do next, and the exit code it ends the command with. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** Stable across releases: scripts match it in `--json` errors. */
  readonly code: string;
  readonly exit: ExitCode;
  readonly hint: string | undefined;

  constructor(exit: ExitCode, code: string, message: string, options: ErrorOptions & { hint?: string } = {}) {
    super(message, options);
    this.exit = exit;
    this.code = code;
    this.hint = options.hint;
  }
}
