import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Policy } from '../../../domain/policy/policy.ts';
import { PolicyError } from '../../../domain/policy/policy-error.ts';
import { CliError } from '../cli-error.ts';
import { definePolicyProposals } from '../define-policy-proposals.ts';
import { definePolicyReport } from '../define-policy-report.ts';
import { definePolicyServer } from '../define-policy-server.ts';
import { definePolicySign } from '../define-policy-sign.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { readPolicyFile, writeWarnings } from '../read-policy-file.ts';
import type { Verb } from '../verb.ts';

async function readText(io: CliIo, file: string): Promise<string> {
  try {
    return await readFile(path.resolve(io.cwd, file), 'utf8');
  } catch (cause) {
    throw new CliError(exitCodes.usage, 'FILE_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'Name a policy file, for example: pratique policy check infra/policies/default.yaml',
    });
  }
}

function summaryLine({ document, digest }: Policy, file: string, warnings: number): string {
  const environments = document.environments.map(({ name, mode }) => (mode === 'audit' ? `${name} (audit)` : name));
  const doubts = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  return `${file}: valid, version ${document.version}, ${environments.join(' -> ')}${doubts}, ${digest}\n`;
}

function writeJson(io: CliIo, file: string, found: object): void {
  io.out.write(`${JSON.stringify({ file, ...found })}\n`);
}

async function check(io: CliIo, file: string, json: boolean): Promise<ExitCode> {
  const text = await readText(io, file);
  let read: ReturnType<typeof readPolicyFile>;
  try {
    read = readPolicyFile(io, text, file);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    if (json) writeJson(io, file, { valid: false, code: error.code, problems: error.problems });
    else io.err.write(`${error.message}\n`);
    return exitCodes.usage;
  }
  const { policy, warnings } = read;
  if (json) writeJson(io, file, { valid: true, version: policy.document.version, digest: policy.digest, warnings });
  else {
    writeWarnings(io, file, warnings);
    io.out.write(summaryLine(policy, file, warnings.length));
  }
  return exitCodes.pass;
}

/** `pratique policy`: validates a policy without a server, puts one in force, shows the one in force. */
export const verb: Verb = {
  define(command, context) {
    const { io, done } = context;
    command
      .command('check')
      .summary('validate a policy file')
      .description(
        'Validate a policy file: exit 0 where it is valid, 2 with file:line:column of each problem where it is not.',
      )
      .argument('<file>', 'the policy, YAML (docs/policy.md)')
      .option('--json', 'print the result as JSON')
      .addHelpText(
        'after',
        '\nExamples:\n  pratique policy check infra/policies/default.yaml\n  pratique policy check policy.yaml --json',
      )
      .action(async (file: string, { json }: { json?: boolean }) => {
        done(await check(io, file, json === true));
      });
    definePolicySign(command, context);
    definePolicyServer(command, context);
    definePolicyReport(command, context);
    definePolicyProposals(command, context);
  },
};
