import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { importKey } from '../../../adapters/sigstore/import-key.ts';
import { plural } from '../../../domain/plural.ts';
import type { KeyRevokedAnswer, KeysAnswer } from '../api-answers.ts';
import { CliError } from '../cli-error.ts';
import { defineKeyRotation } from '../define-key-rotation.ts';
import { defineKeyUses } from '../define-key-uses.ts';
import { exitCodes } from '../exit-codes.ts';
import { missingKey } from '../missing-key.ts';
import { renderKeys } from '../render-keys.ts';
import { defineServerCommand } from '../server-command.ts';
import { asTrustFailure } from '../trust-failure.ts';
import type { Verb, VerbContext } from '../verb.ts';

/** `pratique key`: which keys there are, which count no more. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand(command.command('list'), context, {
      summary: 'List own keys, signers of the policy, and what is revoked, with the verdicts that fell',
      permission: 'read',
      examples: ['key list', 'key list --json | jq .revocations'],
      async run({ api, show }) {
        show(await api.get<KeysAnswer>('/keys'), renderKeys);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ reason: string; builder?: true; from?: string }>(command.command('revoke'), context, {
      summary: 'Revoke a signer or a builder; what relied on it is judged again',
      details:
        '\nWithout --from nothing it signed counts any more. With it, what a timestamp or log entry proves to have been signed before that\ninstant stands; of an own key, what the chain of key uses has. What stands and what fell is listed, once all of it was judged again,\nby: pratique key list. An own key signs no more: pratique key rotate puts another in its place\n',
      arguments: [
        [
          '<signer>',
          "the policy's name of it, an own key's, key:…, cert:…, x509:…, or with --builder a builder's name or id",
        ],
      ],
      options: [
        new Option('--reason <text>', 'why, for the record').makeOptionMandatory(),
        new Option('--from <instant>', 'RFC 3339: from when on it counts no more'),
        new Option('--builder', 'a builder, not a signer'),
      ],
      permission: 'key.revoke',
      examples: [
        'key revoke release --reason "laptop stolen"',
        'key revoke release --from 2027-01-02T03:04:05Z --reason "laptop stolen"',
        'key revoke --builder ci --reason "agent compromised"',
      ],
      async run({ api, show }, [value = ''], { reason, from, builder }) {
        const kind = builder === true ? 'builder' : 'signer';
        const body = { kind, value, reason, ...(from === undefined ? {} : { from }) };
        show(await api.post<KeyRevokedAnswer>('/keys/revocations', body), renderRevoked);
        return exitCodes.pass;
      },
    });
    defineKeyRotation(command.command('rotate'), context);
    defineKeyUses(command.command('uses'), context);
    defineServerCommand<{ public?: true; output?: string }>(command.command('export'), context, {
      summary: 'Print the public half of an own key, as cosign and policies take it',
      arguments: [['<name>', 'evidence, admission-<environment>, checkpoint; or a key id']],
      options: [
        new Option('--public', 'as it is: private keys leave the trust worker in no way'),
        // Not PRATIQUE_OUTPUT, which is a format everywhere else.
        new Option('-o, --output <file>', 'write it there').env('PRATIQUE_OUTPUT_FILE'),
      ],
      permission: 'read',
      examples: ['key export admission-prod --public > admission-prod.pub', 'key export evidence -o evidence.pub'],
      async run({ api, io }, [name = ''], { output, json }) {
        const { own } = await api.get<KeysAnswer>('/keys');
        const found = own.find((key) => key.keyId === name) ?? own.find((key) => key.name === name && key.inUse);
        if (found === undefined) throw missingKey(name, own);
        const { name: of, keyId, publicKeyPem } = found;
        if (output === undefined)
          io.out.write(json ? `${JSON.stringify({ name: of, keyId, publicKeyPem })}\n` : publicKeyPem);
        else await writeFile(path.resolve(io.cwd, output), publicKeyPem);
        return exitCodes.pass;
      },
    });
    defineImport(command.command('import'), context);
  },
};

function renderRevoked({ outcome, value, judgedAgain }: KeyRevokedAnswer): string {
  if (outcome === 'unchanged') return `${value} was revoked already\n`;
  if (judgedAgain.length === 0) return `${value} is revoked; what stands and what fell: pratique key list\n`;
  const list = judgedAgain.map(({ repository, digest }) => `  ${repository}@${digest}\n`).join('');
  return `${value} is revoked; judged again: ${plural(judgedAgain.length, 'artifact')} that relied on it:\n${list}`;
}

const IMPORT_HELP = `
Takes a private key in PEM, or as cosign encrypts it (the passphrase of an encrypted one in COSIGN_PASSWORD), and keeps it encrypted
under the passphrase of the folder (PRATIQUE_KEY_PASSPHRASE). A key that is there already is never replaced, and takes no second name.
Restart the trust worker to take it up.

Examples:
  pratique key import cosign.key --name admission-prod --keys-dir .pratique/keys`;

function defineImport(command: Command, { io, done }: VerbContext): void {
  command
    .summary('Bring a private key into the folder of the trust worker, on this machine')
    .description('Bring a private key into the folder of the trust worker, on this machine')
    .argument('<file>', 'the private key')
    .addOption(new Option('--name <name>', 'evidence, or admission-<environment>').makeOptionMandatory())
    .addOption(new Option('--keys-dir <folder>', 'the folder of the keys').makeOptionMandatory())
    .addOption(new Option('--json', 'the public half as JSON, and errors as JSON').env('PRATIQUE_JSON'))
    .addHelpText('after', IMPORT_HELP)
    .action(async (file: string, { name, keysDir, json }: { name: string; keysDir: string; json?: true }) => {
      try {
        const pem = await readFile(path.resolve(io.cwd, file), 'utf8').catch((cause: unknown) => {
          throw new CliError(exitCodes.usage, 'FILE_UNREADABLE', `cannot read ${file}`, { cause });
        });
        const { keyId, publicKeyPem } = await importKey({
          pem,
          source: file,
          sourcePassphrase: io.env.COSIGN_PASSWORD,
          folder: path.resolve(io.cwd, keysDir),
          name,
          passphrase: io.env.PRATIQUE_KEY_PASSPHRASE ?? '',
        });
        io.out.write(`${json ? JSON.stringify({ name, keyId, publicKeyPem }) : keyId}\n`);
        done(exitCodes.pass);
      } catch (error) {
        throw asTrustFailure(error);
      }
    });
}
