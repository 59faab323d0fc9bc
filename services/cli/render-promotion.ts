import type { PromotionSummary } from '../../adapters/postgres/read-promotions.ts';
import type { ProofReference } from '../../domain/identity/approval-proof.ts';
import type { ArtifactAnswer, ListAnswer, PromotionAnswer, PromotionPreviewAnswer } from './api-answers.ts';
import { runSteps } from './render-run.ts';
import { renderVerdict } from './render-verdict.ts';
import { formatTime, paintState, type Style, shortDigest } from './style.ts';
import { formatRows, formatTable } from './text-table.ts';

/** Whether somebody has to decide before it goes on; the other waits end by themselves. */
export function awaitsPerson({ state, waitingFor }: PromotionSummary): boolean {
  return state === 'waiting' && waitingFor?.for === 'approval';
}

/** The command that lets it go on, ready to be typed. */
export function approveCommand({ environment, repository, digest }: PromotionSummary): string {
  return `pratique approve ${environment}/${repository}@${digest} --reason "…"`;
}

/** A promotion that is under way, and what to do about it; nothing for one that has ended. */
export function renderOpenPromotion(promotion: ArtifactAnswer['promotions'][number], style: Style): string {
  if (promotion.endedAt !== null || promotion.state === 'live') return '';
  const { environment, requestedBy, requestedAt } = promotion;
  const line = `  ${style.paint.bold(environment)}: ${stateWithReason(promotion, style)}; asked for by ${requestedBy}, ${formatTime(requestedAt, style)}\n`;
  if (awaitsPerson(promotion)) return `${line}    ${style.paint.cyan(approveCommand(promotion))}\n`;
  return `${line}${promotion.run ? formatRows(runSteps(promotion.run, style), 4) : ''}`;
}

/** How the last try into each environment ended where the artifact is not: nothing else says why it is not there. */
export function renderEndedPromotions(
  promotions: readonly PromotionSummary[],
  isLiveIn: (environment: string) => boolean,
  style: Style,
): string {
  // Oldest first: the last of each environment stays.
  const last = new Map(promotions.map((promotion) => [promotion.environment, promotion]));
  return [...last.values()]
    .filter(({ environment, state, endedAt }) => endedAt !== null && state !== 'live' && !isLiveIn(environment))
    .map(
      (promotion) =>
        `  ${style.paint.bold(promotion.environment)}: ${stateWithReason(promotion, style)}; ${formatTime(promotion.endedAt, style)}\n`,
    )
    .join('');
}

/** Of a reason, what is said after `waits`. */
const afterWaits = (reason: string) => reason.replace(/^waits (?=for |until )/, '');

/** `: for 1 more approval` after `waiting`, `: <why>` after `denied`; nothing where there is no more to say. */
function afterState({ reason }: PromotionSummary): string {
  return reason === '' ? '' : `: ${afterWaits(reason)}`;
}

function stateWithReason(promotion: PromotionSummary, style: Style): string {
  return `${paintState(promotion.state, style)}${afterState(promotion)}`;
}

/** One line for stderr while a command waits. */
export function describePromotion(promotion: PromotionSummary & Pick<PromotionAnswer, 'run'>): string {
  const { environment, repository, state, run } = promotion;
  const failed = run?.pending.find(({ lastFailure }) => lastFailure !== undefined);
  const step = failed === undefined ? '' : `; ${failed.activity} is tried again: ${failed.lastFailure}`;
  return `${repository} into ${environment}: ${state}${afterState(promotion)}${step}`;
}

/** What a promotion waits for, in a few words; nothing for one that does not wait. */
function describeWait({ state, reason, waitingFor }: PromotionSummary, style: Style): string {
  if (state !== 'waiting' || waitingFor === null) return reason;
  const { approvals, environments, until } = waitingFor;
  switch (waitingFor.for) {
    case 'approval':
      return `approvals: ${approvals?.given} of ${approvals?.required}${approvals?.groups.length ? ` from ${approvals.groups.join(' or ')}` : ''}`;
    case 'freeze':
      return `the end of the freeze, ${formatTime(until, style)}`;
    case 'soak':
      return `soak time in ${environments.join(', ')}, until ${formatTime(until, style)}`;
    case 'previous-environment':
      return `being live in ${environments.join(', ')}`;
    case 'stop':
    case 'signing':
      return reason;
  }
}

/** A promotion a line; below, how to decide about one that waits for people. */
export function renderPromotions({ items, next }: ListAnswer<PromotionSummary>, style: Style): string {
  if (items.length === 0) return 'no promotions\n';
  const rows = items.map((promotion) => [
    promotion.environment,
    promotion.repository,
    shortDigest(promotion.digest, style),
    promotion.tag ?? '-',
    paintState(promotion.state, style),
    `${formatTime(promotion.requestedAt, style)} by ${promotion.requestedBy}`,
    describeWait(promotion, style),
  ]);
  const head = ['TO', 'REPOSITORY', 'DIGEST', 'TAG', 'STATE', 'ASKED FOR', 'WAITS FOR, OR WHY'];
  const asks = items.find(awaitsPerson);
  const decide = asks === undefined ? '' : `decide: ${style.paint.cyan(approveCommand(asks))}\n`;
  const more = next === null ? '' : style.paint.dim('there are more: --limit\n');
  return `${formatTable(head, rows)}${decide}${more}`;
}

/** Whose key, or who they are to whom. */
export function describeProof({ kind, by }: Pick<ProofReference, 'kind' | 'by'>): string {
  return `${{ ssh: 'SSH key', oidc: 'identity', webauthn: 'passkey' }[kind]} ${by}`;
}

/** One promotion with who decided what. */
export function renderPromotion(promotion: PromotionAnswer, style: Style): string {
  const { environment, repository, digest, tag, waitingFor, rollback, approvals, run } = promotion;
  const rows = [
    ['state', stateWithReason(promotion, style)],
    ...(run ? runSteps(run, style).map((step) => ['step', step.join(', ')]) : []),
    ...(run?.status === 'unreachable' ? [['step', 'not known: Temporal does not answer']] : []),
    ...(promotion.state === 'waiting' && waitingFor?.until
      ? [[waitingFor.for === 'approval' ? 'expires' : 'until', formatTime(waitingFor.until, style)]]
      : []),
    ['tag', tag ?? '-'],
    ...(promotion.decisionDigest === null ? [] : [['decision', shortDigest(promotion.decisionDigest, style)]]),
    ...(rollback ? [['rollback', 'yes: an older build may take the place of a newer one']] : []),
    ['asked for', `${formatTime(promotion.requestedAt, style)} by ${promotion.requestedBy}`],
    ...(promotion.liveAt === null ? [] : [['went live', formatTime(promotion.liveAt, style)]]),
    ...(promotion.endedAt === null || promotion.state === 'live'
      ? []
      : [['ended', formatTime(promotion.endedAt, style)]]),
    ...approvals.map(({ principal, groups, verb, reason: why, past, proof, at }) => [
      `${verb === 'approve' ? 'approved' : 'rejected'}`,
      `${formatTime(at, style)} by ${principal}${groups.length === 0 ? '' : ` (${groups.join(', ')})`}: ${why}${proof === null ? '' : `; proven by ${describeProof(proof)}`}${past === null ? '' : ` [${past}: counts no more]`}`,
    ]),
  ];
  return `${style.paint.bold(`${repository}@${digest} into ${environment}`)}\n${formatRows(rows)}`;
}

/** What a promotion would meet. */
export function renderPromotionPreview(preview: PromotionPreviewAnswer, style: Style): string {
  const { repository, digest, environment, wouldEnter, live, refusedBy, awaits, open, verdict } = preview;
  const enters = live ? 'is there already' : 'would enter now';
  const said = wouldEnter ? style.paint.green(enters) : 'would not enter now';
  return [
    `${style.paint.bold(`${repository}@${digest} into ${environment}`)}: ${said} (nothing was changed)\n`,
    ...refusedBy.map((line) => `  ${style.paint.red('refused')}  ${line}\n`),
    ...awaits.map((line) => `  ${style.paint.yellow('waits')}  ${afterWaits(line)}\n`),
    ...(open === null ? [] : [`  under way already: ${describePromotion(open)}\n`]),
    ...(verdict === null ? [] : [renderVerdict(verdict, style)]),
  ].join('');
}
