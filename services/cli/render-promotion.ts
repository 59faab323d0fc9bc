import type { PromotionDetail, PromotionSummary } from '../../adapters/postgres/read-promotions.ts';
import type { PromotionPreviewAnswer } from './api-answers.ts';
import { renderVerdict } from './render-verdict.ts';
import { formatTime, paintState, type Style } from './style.ts';
import { formatRows } from './text-table.ts';

/** Ways a wait ends by itself, as the server words them (frozen until, soaks in, waits until it is live in). */
const ENDS_BY_ITSELF = /^(?:frozen until|soaks in|waits until)/;

/** Whether somebody has to decide before it goes on. */
export function awaitsPerson({ state, reason }: PromotionSummary): boolean {
  return state === 'waiting' && !ENDS_BY_ITSELF.test(reason);
}

/** The command that lets it go on, ready to be typed. */
export function approveCommand({ environment, repository, digest }: PromotionSummary): string {
  return `pratique approve ${environment}/${repository}@${digest} --reason "…"`;
}

/** A promotion that is under way, and what to do about it; nothing for one that has ended. */
export function renderOpenPromotion(promotion: PromotionSummary, style: Style): string {
  if (promotion.endedAt !== null || promotion.state === 'live') return '';
  const { environment, state, reason, requestedBy, requestedAt } = promotion;
  const why = reason === '' ? '' : `: ${reason}`;
  const line = `  ${style.paint.bold(environment)}: ${paintState(state, style)}${why}; asked for by ${requestedBy}, ${formatTime(requestedAt, style)}\n`;
  return awaitsPerson(promotion) ? `${line}    ${style.paint.cyan(approveCommand(promotion))}\n` : line;
}

/** One line for stderr while a command waits. */
export function describePromotion({ environment, repository, state, reason }: PromotionSummary): string {
  return `${repository} into ${environment}: ${state}${reason === '' ? '' : `: ${reason}`}`;
}

/** One promotion with who decided what. */
export function renderPromotion(promotion: PromotionDetail, style: Style): string {
  const { environment, repository, digest, tag, state, reason, rollback, approvals } = promotion;
  const rows = [
    ['state', `${paintState(state, style)}${reason === '' ? '' : `: ${reason}`}`],
    ['tag', tag ?? '-'],
    ...(rollback ? [['rollback', 'yes: an older build may take the place of a newer one']] : []),
    ['asked for', `${formatTime(promotion.requestedAt, style)} by ${promotion.requestedBy}`],
    ...(promotion.endedAt === null ? [] : [['ended', formatTime(promotion.endedAt, style)]]),
    ...approvals.map(({ principal, groups, verb, reason: why, current, at }) => [
      `${verb === 'approve' ? 'approved' : 'rejected'}`,
      `${formatTime(at, style)} by ${principal}${groups.length === 0 ? '' : ` (${groups.join(', ')})`}: ${why}${current ? '' : ' [of an earlier decision: counts no more]'}`,
    ]),
  ];
  const next = awaitsPerson(promotion) ? `  ${style.paint.cyan(approveCommand(promotion))}\n` : '';
  return `${style.paint.bold(`${repository}@${digest} into ${environment}`)}\n${formatRows(rows)}${next}`;
}

/** What a promotion would meet. */
export function renderPromotionPreview(preview: PromotionPreviewAnswer, style: Style): string {
  const { repository, digest, environment, wouldEnter, refusedBy, awaits, open, verdict } = preview;
  const said = wouldEnter ? style.paint.green('would enter now') : 'would not enter now';
  return [
    `${style.paint.bold(`${repository}@${digest} into ${environment}`)}: ${said} (nothing was changed)\n`,
    ...refusedBy.map((line) => `  ${style.paint.red('refused')}  ${line}\n`),
    ...awaits.map((line) => `  ${style.paint.yellow('waits for')}  ${line}\n`),
    ...(open === null ? [] : [`  under way already: ${describePromotion(open)}\n`]),
    ...(verdict === null ? [] : [renderVerdict(verdict, style)]),
  ].join('');
}
