import type { Command, Option } from 'commander';
import { type Permission, rolesWith } from '../../domain/identity/role.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { cleanText } from './clean-text.ts';
import type { ExitCode } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { locateServer, type ServerFlags } from './locate-server.ts';
import { createStyle, type Style } from './style.ts';
import type { VerbContext } from './verb.ts';

/** What a command that speaks to the server acts with. */
export interface ServerContext {
  readonly io: CliIo;
  readonly api: ApiClient;
  readonly style: Style;
  /** The answer on stdout: as it came with `--json`, else as `render` makes it, with nothing in it that steers a terminal. */
  show<T>(answer: T, render: (answer: T, style: Style) => string): void;
  /** A line on stderr: what is under way, what to do next. Silent with `--json`. */
  note(line: string): void;
}

export interface ServerFlagValues extends ServerFlags {
  readonly json?: true;
  readonly full?: true;
}

/** One command that asks the server, declared. */
export interface ServerCommand<Flags> {
  readonly summary: string;
  /** What the summary leaves out, and what the exit codes mean here. */
  readonly details?: string;
  /** `[name, description]`; `<name>` is required, `[name]` is not. */
  readonly arguments?: readonly (readonly [name: string, description: string])[];
  readonly options?: readonly Option[];
  /** What the token's role must allow. */
  readonly permission: Permission;
  /** Without `pratique`. */
  readonly examples: readonly string[];
  /** `args` ends before what was left out; what is empty is there, and was named. */
  run(context: ServerContext, args: readonly string[], flags: Flags & ServerFlagValues): Promise<ExitCode>;
}

/** Declares `command` on commander, with the flags every command of the server has, and runs it when it is named. */
export function defineServerCommand<Flags>(
  command: Command,
  { io, done }: VerbContext,
  declared: ServerCommand<Flags>,
): void {
  command.summary(declared.summary).description(declared.summary);
  for (const [name, description] of declared.arguments ?? []) command.argument(name, description);
  for (const option of declared.options ?? []) command.addOption(option);
  command
    .option('--url <url>', 'the gateway; without it, the stack that runs here')
    .option('--token-file <file>', 'file with the API token; or the token itself in PRATIQUE_TOKEN')
    .option('--full', 'digests and long lists in full')
    .option('--json', 'the answer of the API as JSON')
    .addHelpText('after', afterHelp(declared))
    .action(async (...all: unknown[]) => {
      const given: unknown[] = command.processedArgs.filter((argument: unknown) => argument !== undefined);
      const args = given.map(String);
      const flags = all.at(-2) as Flags & ServerFlagValues;
      const api = createApiClient(await locateServer(flags, io), io.signal);
      done(await declared.run(createContext(io, api, flags), args, flags));
    });
}

function createContext(io: CliIo, api: ApiClient, { json, full }: ServerFlagValues): ServerContext {
  const style = createStyle(io, full === true);
  return {
    io,
    api,
    style,
    show: (answer, render) =>
      void io.out.write(json ? `${JSON.stringify(answer, null, 2)}\n` : render(cleanText(answer), style)),
    note: (line) => {
      if (!json) io.err.write(`${cleanText(line)}\n`);
    },
  };
}

function afterHelp({ details, permission, examples }: ServerCommand<never>): string {
  const roles = rolesWith(permission);
  const needs = permission === 'read' ? 'Any role may.' : `Needs the role ${roles.join(' or ')}.`;
  const lines = examples.map((example) => `  pratique ${example}`);
  return `${details === undefined ? '\n' : `${details}\n`}${needs}\n\nExamples:\n${lines.join('\n')}`;
}
