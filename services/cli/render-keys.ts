import { plural } from '../../domain/plural.ts';
import type { KeysAnswer } from './api-answers.ts';
import { formatTime, paintState, type Style, shortDigest } from './style.ts';
import { formatTable } from './text-table.ts';

/** A month: what ends sooner is said. */
const NOTICE_MS = 30 * 86_400_000;

/** Own keys, signers, revocations with what fell, and what ends soon. */
export function renderKeys({ own, signers, revocations }: KeysAnswer, style: Style): string {
  const sections = [
    [
      'Own keys',
      formatTable(
        ['NAME', 'KEY', 'STATE', 'SINCE', 'USES', 'LAST USED'],
        own.map((key) => [
          key.name,
          key.keyId,
          `${key.state}${key.inUse ? ', in use' : ''}`,
          formatTime(key.firstSeen, style),
          String(key.uses),
          formatTime(key.lastUsed, style),
        ]),
      ),
    ],
    [
      'Signers of the policy',
      formatTable(
        ['NAME', 'IDENTITY', 'STATE', 'UNTIL'],
        signers.map((signer) => [
          signer.name,
          signer.identity,
          paintState(signer.state, style),
          signer.state === 'revoked' ? formatTime(signer.until, style) : until(signer.until, style),
        ]),
      ),
    ],
    ['Revoked', revocations.map((one) => renderRevocation(one, style)).join('')],
  ] as const;
  return sections.map(([title, body]) => `${style.paint.bold(title)}\n${body === '' ? '  none\n' : body}`).join('\n');
}

function until(at: string | null, style: Style): string {
  if (at === null) return '-';
  const left = Date.parse(at) - style.now.getTime();
  const ends =
    left < 0 ? style.paint.red(' has ended') : left < NOTICE_MS ? style.paint.yellow(' ends soon: renew it') : '';
  return `${formatTime(at, style)}${ends}`;
}

function renderRevocation(revocation: KeysAnswer['revocations'][number], style: Style): string {
  const { kind, value, reason, revokedBy, revokedAt, from, relied, reverified } = revocation;
  const stands = from === null ? 'nothing it signed counts' : `what proves that it was signed before ${from} counts`;
  const ended = reverified !== null && reverified.endedAt !== null;
  const fell = ended ? reverified.fell : revocation.fell;
  const lines = [
    `  ${kind} ${value}`,
    `    ${formatTime(revokedAt, style)} by ${revokedBy}: ${reason}; ${stands}`,
    `    ${plural(relied, 'artifact')} relied on it, ${plural(fell.length, 'verdict')} fell since${asOf(reverified, style)}`,
    ...(ended ? reverified.stood : []).map(
      ({ repository, digest, environment, because }) =>
        `      stands: ${repository}@${shortDigest(digest, style)} in ${environment}, by ${because}`,
    ),
    ...fell.map((one) => `      ${renderFallen(one, ended ? 'was' : 'is', style)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is listed is what was found when all of it had been judged again; much may have happened since. */
function asOf(reverified: KeysAnswer['revocations'][number]['reverified'], style: Style): string {
  if (reverified === null) return '';
  const { endedAt, waiting } = reverified;
  return endedAt === null ? `, ${waiting} artifacts are still judged` : `, as of ${formatTime(endedAt, style)}`;
}

function renderFallen(
  one: KeysAnswer['revocations'][number]['fell'][number] & { readonly reason?: string; readonly incident?: string },
  verb: 'is' | 'was',
  style: Style,
): string {
  const { repository, digest, environment, live, reason, incident } = one;
  const where = `${repository}@${shortDigest(digest, style)} in ${environment}`;
  const runs = live ? style.paint.red(`, and ${verb} live there`) : '';
  return `${where}${runs}${incident === undefined ? '' : ` (${incident})`}${reason === undefined ? '' : `: ${reason}`}`;
}
