import type { EventEmitter } from 'node:events';
import type { Command } from 'commander';
import { CliCommand } from './flag-variables.ts';
import type { CliIo } from './io.ts';
import { OutputOption } from './output-choice.ts';
import { verbs } from './verbs.ts';

/** One flag as completion and documentation need it. */
export interface FlagDescription {
  readonly long: string;
  readonly short: string | undefined;
  /** `<file>`; undefined for a flag that takes no value. */
  readonly value: string | undefined;
  readonly choices: readonly string[];
  /** What its value may be, or begin with: its choices, or the formats it lists. */
  readonly words: readonly string[];
  readonly description: string;
  readonly variable: string;
  readonly isRequired: boolean;
  readonly preset: string | undefined;
}

/** One command as it was declared. */
export interface CommandDescription {
  /** `artifact list` */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly description: string;
    readonly choices: readonly string[];
  }[];
  readonly flags: readonly FlagDescription[];
  /** What `--help` says below the flags: details and examples. */
  readonly after: string;
  readonly commands: readonly CommandDescription[];
}

/** Every verb with its flags, in the order of `pratique --help`. Loads them all. */
export async function describeCommands(io: CliIo): Promise<readonly CommandDescription[]> {
  const described: CommandDescription[] = [];
  for (const entry of verbs) {
    const command = new CliCommand(entry.name, {}).description(entry.summary);
    const { verb } = await entry.load();
    verb.define(command, { io, done: () => undefined });
    described.push(describe(command, entry.name));
  }
  return described;
}

function describe(command: Command, path: string): CommandDescription {
  return {
    path,
    name: command.name(),
    summary: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
      description: argument.description,
      choices: argument.argChoices ?? [],
    })),
    flags: command.options.map((option) => ({
      long: option.long ?? option.flags,
      short: option.short,
      value: /[<[].*[>\]]/.exec(option.flags)?.[0],
      choices: option.argChoices ?? [],
      words: option instanceof OutputOption ? option.formats : (option.argChoices ?? []),
      description: option.description,
      variable: option.envVar ?? '',
      isRequired: option.mandatory,
      preset: presetOf(option.defaultValue, option.defaultValueDescription),
    })),
    after: textAfter(command),
    commands: command.commands.map((child) => describe(child, `${path} ${child.name()}`)),
  };
}

function presetOf(value: unknown, description: string | undefined): string | undefined {
  if (description !== undefined) return description;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Commander keeps this text as a listener only. */
function textAfter(command: Command): string {
  const parts: string[] = [];
  (command as unknown as EventEmitter).emit('afterHelp', {
    error: false,
    command,
    write: (part: string) => parts.push(part),
  });
  return parts.join('').trim();
}
