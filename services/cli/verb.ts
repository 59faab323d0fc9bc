import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { CliIo } from './io.ts';

export interface VerbContext {
  readonly io: CliIo;
  readonly done: (exit: ExitCode) => void;
}

/**
 * One verb of the command line. `define` declares arguments, options and examples on the given command and sets its action;
 * the action reports its exit code through `done`, and throws a CliError for what a user must see.
 */
export interface Verb {
  define(command: Command, context: VerbContext): void;
}
