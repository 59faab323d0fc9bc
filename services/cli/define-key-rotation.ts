import { type Command, Option } from 'commander';
import type { KeyRotation } from '../../domain/trust/key-rotation.ts';
import type { KeysAnswer } from './api-answers.ts';
import type { ApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';
import { parseDuration } from './duration.ts';
import { exitCodes } from './exit-codes.ts';
import { missingKey } from './missing-key.ts';
import { defineServerCommand } from './server-command.ts';
import { formatTime, paintState, type Style, shortDigest } from './style.ts';
import type { VerbContext } from './verb.ts';

interface RotateFlags {
  /** Seconds. */
  readonly overlap?: number;
  readonly newKey?: string;
  readonly reason?: string;
  readonly status?: true;
}

/** Places that are shown; all are in the JSON. */
const SHOWN = 20;

/** `pratique key rotate`: a new key in the place of an own one. */
export function defineKeyRotation(command: Command, context: VerbContext): void {
  defineServerCommand<RotateFlags>(command, context, {
    summary: 'Put a new key in the place of an own one, and sign again what is live',
    details: `
The new key signs at once. Everything that is live is judged again and signed by it; what does not pass any more is not, and is listed.
The old key counts beside it for the overlap, in which consumers take up the new one (pratique key export), and is retired then.
Exit code 0 when it is asked for; with --status 0 when all are done, 4 while one goes on, 1 when one left something unsigned.
`,
    arguments: [['[name]', 'evidence, admission-<environment>; with --status all of them without it']],
    options: [
      new Option('--reason <text>', 'why, for the record'),
      new Option('--overlap <duration>', 'how long both count: 7d, P7D; 0d after a leak (default: 7d)').argParser(
        parseDuration,
      ),
      new Option(
        '--new-key <reference>',
        'the new key, where something else holds it: pkcs11:, awskms://, gcpkms://, azurekms://, hashivault://',
      ),
      new Option('--status', 'how far rotations are, and what was not signed again'),
    ],
    permission: 'key.rotate',
    examples: [
      'key rotate admission-prod --reason "once a year"',
      'key rotate admission-prod --overlap PT0S --reason "the key leaked"',
      'key rotate evidence --new-key awskms:///alias/evidence-2027 --reason "moves to KMS"',
      'key rotate --status',
    ],
    async run({ api, show, note }, [name = ''], { overlap, newKey, reason, status }) {
      if (status === true) {
        const { rotations } = await api.get<{ rotations: readonly KeyRotation[] }>('/keys/rotations');
        const wanted = rotations.filter(({ key }) => name === '' || key === name);
        if (name !== '' && wanted.length === 0) await requireOwnKey(api, name);
        show({ rotations: wanted }, renderRotations);
        return exitOf(wanted);
      }
      if (name === '' || reason === undefined)
        throw new CliError(
          exitCodes.usage,
          'OPTIONS_INCOMPLETE',
          'say which key is rotated, and why: NAME --reason TEXT',
          {
            hint: 'The keys: pratique key list',
          },
        );
      const body = {
        ...{ key: name, reason },
        ...(overlap === undefined ? {} : { overlap: `PT${overlap}S` }),
        ...(newKey === undefined ? {} : { reference: newKey }),
      };
      const answer = await api.post<{ outcome: 'requested' | 'already-open'; rotation: string }>(
        '/keys/rotations',
        body,
      );
      show(answer, ({ outcome, rotation }) =>
        outcome === 'requested' ? `${rotation}\n` : `${rotation} goes on already: nothing was begun\n`,
      );
      note('How far it is: pratique key rotate --status');
      return exitCodes.pass;
    },
  });
}

/** Of a key that is none, "not rotated" would read like "done". */
async function requireOwnKey(api: ApiClient, name: string): Promise<void> {
  const { own } = await api.get<KeysAnswer>('/keys');
  if (!own.some((key) => key.name === name)) throw missingKey(name, own);
}

function exitOf(rotations: readonly KeyRotation[]) {
  if (rotations.some(({ state }) => state !== 'done' && state !== 'failed')) return exitCodes.waiting;
  return rotations.some(({ state, refused }) => state === 'failed' || refused.length > 0)
    ? exitCodes.fail
    : exitCodes.pass;
}

function renderRotations({ rotations }: { readonly rotations: readonly KeyRotation[] }, style: Style): string {
  return rotations.length === 0
    ? 'no key was rotated\n'
    : rotations.map((one) => renderRotation(one, style)).join('\n');
}

function renderRotation(rotation: KeyRotation, style: Style): string {
  const { id, key, state, requestedBy, requestedAt, reason, newKey, oldKeys, retireAt, endedAt, note } = rotation;
  const { signed, remaining, refused } = rotation;
  const shown = refused.slice(0, SHOWN);
  const lines = [
    `${style.paint.bold(key)}  ${paintState(state, style)}  ${id}`,
    `  asked for by ${requestedBy} ${formatTime(requestedAt, style)}: ${reason}`,
    ...(newKey === undefined
      ? []
      : [
          `  new key ${newKey}, ${oldKeys.length === 0 ? 'none counts beside it' : `in the place of ${oldKeys.join(', ')}`}`,
        ]),
    `  ${signed} signed again, ${remaining} to go, ${refused.length} not signed`,
    ...(note === '' ? [] : [`  ${style.paint.yellow(note)}`]),
    ...(state === 'overlap' ? [`  the old key is retired ${formatTime(retireAt, style)}`] : []),
    ...(endedAt === undefined ? [] : [`  ended ${formatTime(endedAt, style)}`]),
    ...shown.map(
      ({ destination, digest, reason: why }) =>
        `    ${style.paint.red('not signed')} ${destination}@${shortDigest(digest, style)}: ${why}`,
    ),
    ...(refused.length > shown.length ? [`    and ${refused.length - shown.length} more: --json`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
