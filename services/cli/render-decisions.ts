import type { FindingDecisionAnswer, ListAnswer } from './api-answers.ts';
import { formatTime, paintState, type Style } from './style.ts';
import { formatRows, formatTable } from './text-table.ts';

const NAMES = 3;

/** What it is about, in words. */
function scopeOf({ scope }: FindingDecisionAnswer): string {
  const { component, artifact, environment, products, productCount = 0 } = scope;
  const [first] = products ?? [];
  const product = first === undefined ? undefined : (first.subcomponents[0] ?? first.names[0]);
  const more = productCount > 1 ? ` and ${productCount - 1} more` : '';
  const parts = [
    component ?? (product === undefined ? 'any component' : `${product}${more}`),
    ...(artifact === undefined ? [] : [`in ${artifact}`]),
    ...(environment === undefined ? [] : [`for ${environment}`]),
  ];
  return parts.join(' ');
}

function untilOf({ expires, revoked }: FindingDecisionAnswer, style: Style): string {
  if (revoked !== undefined) return `revoked ${formatTime(revoked.at, style)}`;
  return expires === undefined ? 'no end' : formatTime(expires, style);
}

const namesOf = ({ advisories }: FindingDecisionAnswer) =>
  `${advisories.slice(0, NAMES).join(', ')}${advisories.length > NAMES ? ', …' : ''}`;

/** A line a decision, newest first. */
export function renderDecisions({ items, next }: ListAnswer<FindingDecisionAnswer>, style: Style): string {
  if (items.length === 0) return 'no decisions\n';
  const rows = items.map((one) => [
    ...[one.id, namesOf(one), paintState(one.state, style), scopeOf(one), one.owner],
    ...[untilOf(one, style), `${one.madeBy}${one.document === undefined ? '' : ' (VEX document)'}`, one.reason],
  ]);
  const table = formatTable(['DECISION', 'ADVISORY', 'STATE', 'SCOPE', 'OWNER', 'UNTIL', 'BY', 'REASON'], rows);
  return `${table}${next === null ? '' : 'there are more: --limit shows them\n'}`;
}

/** Everything about one. */
export function renderDecision(one: FindingDecisionAnswer, style: Style): string {
  const { document, revoked } = one;
  const rows = [
    ['about', `${namesOf(one)}: ${scopeOf(one)}`],
    ['state', `${paintState(one.state, style)}${one.justification === undefined ? '' : `, ${one.justification}`}`],
    ['reason', one.reason],
    ['owner', one.owner],
    ['until', untilOf(one, style)],
    ['by', `${one.madeBy} (${one.role}), ${formatTime(one.madeAt, style)}`],
    ...(document === undefined ? [] : [['document', `${document.digest}, by ${document.author ?? 'nobody it names'}`]]),
    ...(revoked === undefined ? [] : [['revoked', `by ${revoked.by}: ${revoked.reason}`]]),
  ];
  return `${style.paint.bold(one.id)}\n${formatRows(rows)}`;
}
