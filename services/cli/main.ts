/** The `pratique` command: reads argv, loads the one verb that was named, and is the only place that exits. */
import { enableCompileCache } from 'node:module';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { verbs } from './verbs.ts';

enableCompileCache();

async function run(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  let exit: ExitCode = exitCodes.pass;
  const program = new Command('pratique')
    .description(
      'Software artifacts get their licence to enter port: SBOM, scan, signature, verdict, promotion, quarantine, rebuild.',
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.out.write(text), writeErr: (text) => void io.err.write(text) });
  const wanted = argv.find((word) => !word.startsWith('-'));
  for (const entry of verbs) {
    const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
    if (wanted === entry.name || (wanted === 'help' && argv.includes(entry.name))) {
      const { verb } = await entry.load();
      verb.define(command, {
        io,
        done: (code) => {
          exit = code;
        },
      });
    }
  }
  await program.parseAsync([...argv], { from: 'user' });
  return exit;
}

function report(error: unknown, io: CliIo, json: boolean): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
  const known = error instanceof CliError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (json)
    io.err.write(`${JSON.stringify({ error: { code: known?.code ?? 'INTERNAL', message, hint: known?.hint } })}\n`);
  else io.err.write(`pratique: ${message}\n${known?.hint === undefined ? '' : `  ${known.hint}\n`}`);
  if (known === undefined && io.env.PRATIQUE_DEBUG && error instanceof Error) io.err.write(`${error.stack}\n`);
  return known?.exit ?? exitCodes.infrastructure;
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
const io: CliIo = {
  out: process.stdout,
  err: process.stderr,
  in: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
};
const argv = process.argv.slice(2);
try {
  process.exitCode = await run(argv, io);
} catch (error) {
  process.exitCode = report(error, io, argv.includes('--json'));
}
