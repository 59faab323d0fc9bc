import type { TokenAnswer } from './api-answers.ts';
import { formatTime, type Style } from './style.ts';
import { formatTable } from './text-table.ts';

/** A line a token, without its secret. */
export function renderTokens({ items }: { readonly items: readonly TokenAnswer[] }, style: Style): string {
  if (items.length === 0) return 'no tokens\n';
  const rows = items.map((token) => [
    token.id,
    token.subject,
    token.name,
    token.role,
    token.groups.join(', ') || '-',
    [...token.speaksFor.repositories, ...token.speaksFor.builders].join(', ') || '-',
    stateOf(token, style),
    formatTime(token.lastUsedAt, style),
  ]);
  return formatTable(['ID', 'SUBJECT', 'FOR', 'ROLE', 'GROUPS', 'SPEAKS FOR', 'STATE', 'LAST USED'], rows);
}

function stateOf({ revokedAt, revokedBy, expiresAt }: TokenAnswer, style: Style): string {
  if (revokedAt !== null)
    return style.paint.red(`revoked by ${revokedBy ?? 'unknown'}, ${formatTime(revokedAt, style)}`);
  if (expiresAt === null) return 'valid, never expires';
  const isPast = Date.parse(expiresAt) <= style.now.getTime();
  return isPast
    ? style.paint.red(`expired ${formatTime(expiresAt, style)}`)
    : `valid until ${formatTime(expiresAt, style)}`;
}
