import { aliasKinds, type PrincipalRecord } from '../../../domain/identity/principal.ts';
import type { TokenAnswer } from '../api-answers.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { defineServerCommand } from '../server-command.ts';
import { readUserFile } from '../signing-key.ts';
import { formatTable } from '../text-table.ts';
import type { Verb } from '../verb.ts';

const kinds = aliasKinds.join(', ');

/** `pratique principal`: which subjects, commit keys, accounts and builders are one person's. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand(command.command('list'), context, {
      summary: 'List every principal, with what is theirs',
      permission: 'token.manage',
      examples: ['principal list', 'principal list --json'],
      async run({ api, show }) {
        show(await api.get<{ items: readonly PrincipalRecord[] }>('/principals'), renderPrincipals);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('join'), context, {
      summary: "Say that something is this principal's",
      details:
        '\nOne person counts once, and approves neither what they committed nor what they built, whichever token they use. Addresses in commits are not asked for: anybody can write any.\n',
      arguments: [
        ['<principal>', 'the person, as their token names them'],
        ['<kind>', kinds],
        [
          '<value>',
          'the other subject, the name of the commit key among allowed signers, github:alice, the builder id; of an ssh-key its .pub file or SHA256:…; of oidc "<issuer> <subject>"; of webauthn the SHA256:… its owner was shown when they registered it',
        ],
      ],
      permission: 'token.manage',
      examples: [
        'principal join alice commit-signer alice@example.com',
        'principal join alice subject alice-laptop',
        'principal join alice builder https://ci.example.com/builders/alice',
        'principal join alice ssh-key alice.pub',
        'principal join alice oidc "https://login.example.com 00u1abcd"',
        'principal join alice webauthn SHA256:…',
      ],
      async run({ api, io, show, note }, [principal = '', kind = '', given = '']) {
        const value = await readValue(kind, given, io);
        const answer = await api.post<{ outcome: 'joined' | 'unchanged' }>('/principals', { principal, kind, value });
        const said = { joined: 'is', unchanged: 'was already' };
        show(answer, ({ outcome }) => `${kind} ${value} ${said[outcome]} ${principal}'s\n`);
        const { items } = await api.get<{ items: readonly TokenAnswer[] }>('/tokens');
        // A misspelt person would hold the key, and whose it is could not show it.
        if (!items.some(({ subject }) => subject === principal))
          note(
            `no token names ${principal}: where that is misspelt, take it back: pratique principal part ${kind} "${value}"`,
          );
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('part'), context, {
      summary: 'Take something away from whose it is',
      arguments: [
        ['<kind>', kinds],
        ['<value>', 'as `pratique principal list` shows it'],
      ],
      permission: 'token.manage',
      examples: ['principal part subject alice-laptop', 'principal part account github:alice --json'],
      async run({ api, io, show }, [kind = '', given = '']) {
        const value = await readValue(kind, given, io);
        const query = new URLSearchParams({ kind, value });
        show(
          await api.delete<{ kind: string; value: string }>(`/principals?${query}`),
          () => `${kind} ${value} is nobody's\n`,
        );
        return exitCodes.pass;
      },
    });
  },
};

/** Of a key the line of its file; everything else is what it says. */
async function readValue(kind: string, given: string, io: CliIo): Promise<string> {
  const isKey = kind === 'ssh-key' && !/^(?:SHA256:|(?:ssh|ecdsa|sk)-\S+ )/.test(given);
  return isKey ? (await readUserFile(given, io)).toString('utf8').trim() : given;
}

function renderPrincipals({ items }: { readonly items: readonly PrincipalRecord[] }): string {
  if (items.length === 0) return 'no principals\n';
  const rows = items.map(({ principal, aliases }) => [
    principal,
    aliases.map(({ kind, value }) => `${kind} ${value}`).join(', ') || '-',
  ]);
  return formatTable(['PRINCIPAL', 'ALSO'], rows);
}
