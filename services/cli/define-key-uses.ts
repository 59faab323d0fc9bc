import { type Command, Option } from 'commander';
import type { RecordedKeyUse } from '../../domain/trust/key-use.ts';
import { parsePredicateName, predicateNames } from '../../domain/trust/predicate-name.ts';
import type { KeysAnswer, ListAnswer } from './api-answers.ts';
import type { ApiClient } from './api-client.ts';
import { type CheckedUses, checkKeyUses } from './check-key-uses.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { limitOption, listPages } from './list-pages.ts';
import { predicateWord } from './predicate-words.ts';
import { defineServerCommand } from './server-command.ts';
import { readVerificationKey } from './signing-key.ts';
import { formatTime, type Style, shortDigest } from './style.ts';
import { formatTable } from './text-table.ts';
import type { VerbContext } from './verb.ts';

interface UsesFlags {
  readonly key?: string;
  readonly subject?: string;
  readonly type?: string;
  readonly workflow?: string;
  readonly since?: string;
  readonly limit: number;
  readonly verify?: true;
  readonly checkpointKey?: string;
}

/** `pratique key uses`: what was signed with own keys, by which run; and whether the record of it is as it was written. */
export function defineKeyUses(command: Command, context: VerbContext): void {
  defineServerCommand<UsesFlags>(command, context, {
    summary: 'What own keys signed: which digest and statement, for which run, when',
    details: `
Every signature of the trust worker is a record in one chain of hashes before it goes out, and a key that signs nothing else signs the
head of the chain. --verify reads all of it and works it out again: exit code 1 where a record was changed or is missing, or is under no
checkpoint though it is no longer new. It takes the checkpoint key from the server, which whoever changes the record may have changed as
well: keep a copy (pratique key export checkpoint), and name it with --checkpoint-key. A chain whose end was cut off is whole: compare
the number of its last record with one that was seen before.
`,
    options: [
      // Not PRATIQUE_KEY, which is a key's file or address everywhere else.
      new Option('--key <name>', 'only of this key: evidence, admission-<environment>, or an id').env(
        'PRATIQUE_KEY_NAME',
      ),
      new Option('--subject <digest>', 'only about this artifact'),
      new Option('--type <type>', `only of this predicate type: ${predicateNames.join('|')} or a URI`),
      new Option('--workflow <id>', 'only for this workflow: promotion/<environment>/<repository>@<digest>'),
      new Option('--since <instant>', 'RFC 3339: only since then'),
      limitOption(50),
      new Option('--verify', 'check the whole chain and its checkpoints instead'),
      new Option('--checkpoint-key <file>', 'with --verify: the public key the checkpoints must be of'),
    ],
    permission: 'read',
    examples: [
      'key uses --key admission-prod --since 2027-01-02T03:04:05Z',
      'key uses --subject sha256:… --json | jq ".items[].workflow"',
      'key uses --verify --checkpoint-key checkpoint.pub',
    ],
    async run({ api, io, show }, _, flags) {
      if (flags.verify === true) {
        const checked = await checkKeyUses(
          api,
          await checkpointKey(api, io, flags.checkpointKey),
          io.now?.() ?? new Date(),
        );
        show(checked, renderChecked);
        return checked.doubt === null ? exitCodes.pass : exitCodes.fail;
      }
      const { key, subject, workflow, since, limit } = flags;
      const statement = flags.type === undefined ? undefined : parsePredicateName(flags.type);
      if (flags.type !== undefined && statement === undefined)
        throw new CliError(
          exitCodes.usage,
          'TYPE_UNKNOWN',
          `--type ${flags.type}: not a URI and none of ${predicateNames.join(', ')}`,
        );
      show(
        await listPages<RecordedKeyUse>(api, '/keys/uses', { key, subject, statement, workflow, since }, limit),
        renderUses,
      );
      return exitCodes.pass;
    },
  });
}

async function checkpointKey(api: ApiClient, io: CliIo, file: string | undefined): Promise<string> {
  if (file !== undefined) return readVerificationKey(file, io);
  const { own } = await api.get<KeysAnswer>('/keys');
  const found = own.find(({ name, inUse }) => name === 'checkpoint' && inUse);
  if (found !== undefined) return found.publicKeyPem;
  throw new CliError(exitCodes.infrastructure, 'KEY_MISSING', 'the server has no checkpoint key', {
    hint: 'The trust worker makes it when it starts: pratique status',
  });
}

function renderChecked({ checked, coveredThrough, doubt }: CheckedUses, { paint }: Style): string {
  if (doubt !== null) return `${paint.red('record')} ${doubt.position}: ${doubt.reason}\n`;
  const open = checked - coveredThrough;
  return `${checked} records are as they were written${open > 0 ? `; the last ${open} are under no checkpoint yet` : ''}\n`;
}

function renderUses({ items, next }: ListAnswer<RecordedKeyUse>, style: Style): string {
  if (items.length === 0) return 'nothing was signed\n';
  const table = formatTable(
    ['#', 'AT', 'KEY', 'STATEMENT', 'SUBJECT', 'WORKFLOW'],
    items.map(({ position, at, key, statement, subject, workflow }) => [
      String(position),
      formatTime(at, style),
      key,
      predicateWord(statement),
      shortDigest(subject, style),
      workflow.replace(/sha256:[0-9a-f]{64}/, (digest) => shortDigest(digest, style)),
    ]),
  );
  return `${table}${next === null ? '' : 'there are more: --limit\n'}`;
}
