import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { Option } from 'commander';
import { type Role, roles } from '../../../domain/identity/role.ts';
import type { TokenAnswer } from '../api-answers.ts';
import { CliError } from '../cli-error.ts';
import { parseDuration } from '../duration.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { renderTokens } from '../render-token.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

interface CreateFlags {
  readonly subject: string;
  readonly name: string;
  readonly role: Role;
  readonly group: readonly string[];
  readonly repository: readonly string[];
  readonly builder: readonly string[];
  readonly expiresIn?: number;
  readonly save?: string;
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be given more than once`)
    .default([], 'none')
    .argParser((value: string, before: readonly string[]) => [...before, value]);
}

/** Before anything is made: a token that can not be kept is lost. */
async function openNewFile(name: string, io: CliIo): Promise<FileHandle> {
  try {
    return await open(path.resolve(io.cwd, name), 'wx', 0o600);
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CliError(
      exitCodes.usage,
      'FILE_NOT_WRITABLE',
      `${name} ${isThere ? 'is there already' : 'can not be written'}`,
      {
        cause,
        hint: 'Name a file that is not there yet; nothing was made',
      },
    );
  }
}

/** `pratique token`: who may use the API. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<CreateFlags>(command.command('create'), context, {
      summary: 'Make a token; it is printed this once',
      options: [
        new Option(
          '--subject <name>',
          'the person or machine: one principal, however many tokens',
        ).makeOptionMandatory(),
        new Option('--name <text>', 'what the token is for').default('command line'),
        new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory(),
        repeatable('--group <name>', 'a group the subject is in, for approvals'),
        repeatable(
          '--repository <pattern>',
          'repositories it pushes to, where the policy takes them in, and its build events may speak for',
        ),
        repeatable(
          '--builder <pattern>',
          "builder ids its build events may speak for; such a token is a machine's, and pulls from its own repositories only",
        ),
        new Option('--expires-in <duration>', '30m, 12h, 90d, or P90D (default: never)').argParser(parseDuration),
        new Option('--save <file>', 'write it to a new file only you can read, not to stdout'),
      ],
      permission: 'token.manage',
      examples: [
        'token create --subject alice@example.com --role approver --group release-managers --save alice.token',
        'token create --subject ci --role viewer --repository "shop/**" --builder "https://ci.example.com/*" > ci.token',
      ],
      async run({ api, io, show, note }, _, flags) {
        const { subject, name, role, group, repository, builder, expiresIn, save } = flags;
        const body = { subject, name, role, groups: group, speaksFor: { repositories: repository, builders: builder } };
        const expiry = expiresIn === undefined ? {} : { expiresIn };
        const file = save === undefined ? undefined : await openNewFile(save, io);
        const created = await api
          .post<{ id: string; token: string }>('/tokens', { ...body, ...expiry })
          .catch(async (error: unknown) => {
            if (file === undefined || save === undefined) throw error;
            // Empty, it would keep the next try from being made.
            await file.close();
            await rm(path.resolve(io.cwd, save));
            note(`${save} is not written; whether a token was made all the same: pratique token list`);
            throw error;
          });
        if (file === undefined) {
          show(created, ({ token }) => `${token}\n`);
          note(`token ${created.id} for ${subject}: keep it, it is not shown again`);
        } else {
          await file.writeFile(`${created.token}\n`);
          await file.close();
          show({ id: created.id }, () => '');
          note(`token ${created.id} for ${subject} is in ${save}: --token-file ${save}`);
        }
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('list'), context, {
      summary: 'List all tokens, newest first, without their secrets',
      permission: 'token.manage',
      examples: ['token list', 'token list --json'],
      async run({ api, show }) {
        show(await api.get<{ items: readonly TokenAnswer[] }>('/tokens'), renderTokens);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('revoke'), context, {
      summary: 'Revoke a token at once',
      arguments: [['<id>', 'its id, as `pratique token list` shows it: not the token itself']],
      permission: 'token.manage',
      examples: ['token revoke 3f1c9a7d2b040e55', 'token revoke 3f1c9a7d2b040e55 --json'],
      async run({ api, show }, [id = '']) {
        show(
          await api.delete<{ id: string }>(`/tokens/${encodeURIComponent(id)}`),
          (answer) => `${answer.id} is revoked\n`,
        );
        return exitCodes.pass;
      },
    });
  },
};
