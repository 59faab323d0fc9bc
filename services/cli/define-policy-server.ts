import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { PolicyRecord } from '../../adapters/postgres/read-policy.ts';
import { PolicyError, type PolicyProblem } from '../../domain/policy/policy-error.ts';
import type { PolicyActivatedAnswer } from './api-answers.ts';
import { cleanLines } from './clean-text.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { readPolicyFile, writeWarnings } from './read-policy-file.ts';
import { defineServerCommand } from './server-command.ts';
import { readUserFile } from './signing-key.ts';
import { formatTime } from './style.ts';
import type { VerbContext } from './verb.ts';

/** `pratique policy apply` and `pratique policy show`: the policy the server has in force. */
export function definePolicyServer(command: Command, context: VerbContext): void {
  defineServerCommand<{ signature?: string }>(command.command('apply'), context, {
    summary: 'Put a policy in force',
    details:
      '\nIts version must be higher than that of the one in force: exit code 1 where it is not, 2 where the file is wrong. Where the policy in force asks others about changes, it is proposed to them: exit code 4. What is doubtful in it is said with its line.\n',
    arguments: [['<file>', 'the policy, YAML (docs/policy.md)']],
    options: [new Option('--signature <file>', 'of "policy sign"; without it FILE.sig, where it is there')],
    permission: 'policy.change',
    examples: ['policy apply policy.yaml', 'policy apply infra/policies/default.yaml --json'],
    async run({ io, api, show }, [file = ''], { json, signature: signatureFile }) {
      const text = (await readUserFile(file, io)).toString('utf8');
      // What errors call it: the API takes a plain name.
      const fileName = (file.split('/').at(-1) ?? file).replace(/[^\w.-]/g, '_').slice(0, 128);
      const answer = await api.send<PolicyActivatedAnswer>('/policies', 'application/yaml', text, {
        fileName,
        signature: await readSignature(io, signatureFile, file),
      });
      const warnings = warningsOf(io, text, file);
      if (!json) writeWarnings(io, file, warnings);
      show({ ...answer, warnings }, applied);
      return answer.outcome === 'proposed' ? exitCodes.waiting : exitCodes.pass;
    },
  });
  defineServerCommand(command.command('show'), context, {
    summary: 'Show the policy in force, as it was written',
    permission: 'read',
    examples: ['policy show', 'policy show > policy.yaml'],
    async run({ api, io, style, show, note }, _, { json }) {
      const policy = await api.get<PolicyRecord>('/policies/current');
      if (json) show(policy, () => '');
      else io.out.write(cleanLines(policy.text));
      const { fileName, version, digest, activatedBy, activatedAt, signedBy } = policy;
      note(
        `${fileName}, version ${version}, ${digest}, put in force by ${activatedBy}, ${formatTime(activatedAt, style)}${signedBy === null ? '' : `, signed by ${signedBy}`}`,
      );
      return exitCodes.pass;
    },
  });
}

/** In base64url, as it travels; undefined where there is none. */
async function readSignature(io: CliIo, named: string | undefined, file: string): Promise<string | undefined> {
  if (named !== undefined) return (await readUserFile(named, io)).toString('base64url');
  const beside = path.resolve(io.cwd, `${file}.sig`);
  return existsSync(beside) ? (await readUserFile(beside, io)).toString('base64url') : undefined;
}

function applied(answer: PolicyActivatedAnswer): string {
  const { version, digest } = answer;
  switch (answer.outcome) {
    case 'activated':
      return `version ${version} is in force, ${digest}\n`;
    case 'unchanged':
      return `version ${version} was in force already, ${digest}\n`;
    case 'proposed':
      return `version ${version} is proposed, ${digest}: ${answer.reason}\n  pratique policy approve ${answer.proposal} --reason TEXT\n`;
  }
}

/** As `policy check` has them. A server that knows more than this command took what can not be read here: then none. */
function warningsOf(io: CliIo, text: string, file: string): readonly PolicyProblem[] {
  try {
    return readPolicyFile(io, text, file).warnings;
  } catch (error) {
    if (error instanceof PolicyError) return [];
    throw error;
  }
}
