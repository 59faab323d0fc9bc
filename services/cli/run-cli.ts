import { readFileSync } from 'node:fs';
import { type Command, CommanderError, Help, type Option } from 'commander';
import { placeAfterVerb } from './after-verb.ts';
import { CliError } from './cli-error.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { CliCommand, isVariableOn } from './flag-variables.ts';
import type { CliIo } from './io.ts';
import { verbGroups, verbs } from './verbs.ts';

/** Runs one command line (without `node` and the script) and returns the exit code it ends with. Throws nothing. */
export async function runCli(typed: readonly string[], io: CliIo): Promise<ExitCode> {
  const argv = helpAsFlag(typed);
  let exit: ExitCode = exitCodes.pass;
  try {
    const program = createProgram(io, wantsJson(argv, io));
    const wanted = argv.filter((word) => !word.startsWith('-'));
    const [named] = wanted;
    // Of one that is named, its own help and its own mistakes are all there is to say.
    const shown = verbs.some(({ name }) => name === named) ? verbs.filter(({ name }) => name === named) : verbs;
    for (const entry of shown) {
      const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
      command.helpGroup(verbGroups[entry.group]);
      if (named !== entry.name) continue;
      const { verb } = await entry.load();
      verb.define(command, {
        io,
        done: (code) => {
          exit = code;
        },
      });
    }
    await program.parseAsync(placeAfterVerb(argv, program), { from: 'user' });
    return exit;
  } catch (error) {
    return reportError(error, argv, io);
  }
}

/** `help artifact get` asks what `artifact get --help` does; of a verb there is not, that is what is said. */
function helpAsFlag(typed: readonly string[]): readonly string[] {
  const [first, ...rest] = typed;
  if (first !== 'help') return typed;
  return rest.length === 0 || verbs.some(({ name }) => name === rest[0]) ? [...rest, '--help'] : rest;
}

function createProgram(io: CliIo, json: boolean): Command {
  return (
    new CliCommand('pratique', io.env)
      .description(
        'Software artifacts get their licence to enter port: SBOM, scan, signature, verdict, promotion, quarantine, rebuild.',
      )
      .version(readVersion(), '-V, --version', 'print the version')
      .configureHelp({ optionDescription: describeOption })
      // For the implicit "help".
      .commandsGroup(verbGroups.shell)
      .helpCommand('help [command]', 'display help for command')
      .showSuggestionAfterError()
      .exitOverride()
      .configureOutput({
        writeOut: (text) => void io.out.write(text),
        writeErr: (text) => void io.err.write(text),
        // As JSON it is written once, with its code.
        outputError: (text, write) => (json ? undefined : write(text)),
      })
  );
}

/** As commander does, and says where a flag must be given. */
function describeOption(option: Option): string {
  const said = new Help().optionDescription(option);
  return option.mandatory
    ? said.replace(/(?: \(([^()]*)\))?$/, (_, more?: string) => ` (required${more === undefined ? '' : `, ${more}`})`)
    : said;
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function wantsJson(argv: readonly string[], { env }: CliIo): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json') || isVariableOn(env.PRATIQUE_JSON);
}

/** Says on stderr what went wrong, as JSON where the words of the command line ask for it, and returns the exit code it is. */
export function reportError(error: unknown, argv: readonly string[], io: CliIo): ExitCode {
  const json = wantsJson(argv, io);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.pass;
    if (json && error.code !== 'commander.help')
      writeJson(io, { code: 'USAGE', message: error.message.replace(/^error: /, '') });
    return exitCodes.usage;
  }
  const known = error instanceof CliError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (json) writeJson(io, { code: known?.code ?? 'INTERNAL', message, hint: known?.hint });
  else io.err.write(`pratique: ${message}\n${known?.hint === undefined ? '' : `  ${known.hint}\n`}`);
  if (known === undefined && io.env.PRATIQUE_DEBUG && error instanceof Error) io.err.write(`${error.stack}\n`);
  return known?.exit ?? exitCodes.infrastructure;
}

function writeJson(io: CliIo, error: { code: string; message: string; hint?: string | undefined }): void {
  io.err.write(`${JSON.stringify({ error })}\n`);
}
