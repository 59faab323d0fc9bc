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
        ['NAME', 'KEY', 'STATE', 'SINCE'],
        own.map((key) => [key.name, key.keyId, key.state, formatTime(key.firstSeen, style)]),
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
          until(signer.until, style),
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

function renderRevocation(
  { kind, value, reason, revokedBy, revokedAt, from, relied, fell }: KeysAnswer['revocations'][number],
  style: Style,
): string {
  const stands = from === null ? 'nothing it signed counts' : `what proves that it was signed before ${from} counts`;
  const lines = [
    `  ${kind} ${value}`,
    `    ${formatTime(revokedAt, style)} by ${revokedBy}: ${reason}; ${stands}`,
    `    ${relied} artifacts relied on it, ${fell.length} verdicts fell since`,
    ...fell.map(
      ({ repository, digest, environment, live }) =>
        `      ${repository}@${shortDigest(digest, style)} in ${environment}${live ? style.paint.red(', and is live there') : ''}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
