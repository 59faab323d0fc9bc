import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { PolicyError } from '../../domain/policy/policy-error.ts';
import { policyNamespace } from '../../domain/policy/policy-signer.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { readPolicyFile, writeWarnings } from './read-policy-file.ts';
import { signWithSsh } from './sign-with-ssh.ts';
import { openSigningKey, readUserFile } from './signing-key.ts';
import type { VerbContext } from './verb.ts';

interface Flags {
  readonly sshKey?: string;
  readonly key?: string;
  readonly output?: string;
}

/** `pratique policy sign`: a signature beside the file, by one of the `policySigners` of the policy it is to replace. */
export function definePolicySign(command: Command, { io, done }: VerbContext): void {
  command
    .command('sign')
    .summary('sign a policy file')
    .description(
      'Sign a policy file, without a server: the signature goes into FILE.sig, which "policy apply" and "up" take along. It counts where the policy in force names the key under policySigners.',
    )
    .argument('<file>', 'the policy, YAML (docs/policy.md)')
    .addOption(new Option('--ssh-key <file>', 'an SSH key: the private key, or the .pub of one that ssh-agent holds'))
    .addOption(
      new Option(
        '--key <key>',
        'a key as sign takes it: PEM, of cosign, pkcs11:, awskms://, gcpkms://, azurekms://, hashivault://',
      ),
    )
    .addOption(new Option('--output <file>', 'where the signature goes; without it FILE.sig'))
    .addHelpText(
      'after',
      '\nExamples:\n  pratique policy sign policy.yaml --ssh-key ~/.ssh/id_ed25519\n  pratique policy sign policy.yaml --key cosign.key',
    )
    .action(async (file: string, flags: Flags) => {
      const text = (await readUserFile(file, io)).toString('utf8');
      checkPolicy(text, file, io);
      const signature = await makeSignature(text, flags, io);
      const output = flags.output ?? `${file}.sig`;
      await writeFile(path.resolve(io.cwd, output), signature);
      io.out.write(`${output}\n`);
      done(exitCodes.pass);
    });
}

/** Throws a CliError where it is no policy. */
function checkPolicy(text: string, file: string, io: CliIo): void {
  try {
    writeWarnings(io, file, readPolicyFile(io, text, file).warnings);
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause;
    throw new CliError(exitCodes.usage, cause.code, cause.message, { cause });
  }
}

async function makeSignature(text: string, { sshKey, key }: Flags, io: CliIo): Promise<string> {
  if (sshKey !== undefined && key === undefined) return signWithSsh(text, sshKey, policyNamespace, io);
  if (key === undefined || sshKey !== undefined)
    throw new CliError(exitCodes.usage, 'KEY_MISSING', 'a policy is signed with one key: give --ssh-key or --key');
  const signer = await openSigningKey(key, io);
  const bytes = await signer.sign(new TextEncoder().encode(text));
  return `${Buffer.from(bytes).toString('base64')}\n`;
}
