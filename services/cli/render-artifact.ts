import { plural } from '../../domain/plural.ts';
import type { ArtifactAnswer } from './api-answers.ts';
import { predicateWord } from './predicate-words.ts';
import { stateOf } from './render-artifact-list.ts';
import { renderEndedPromotions, renderOpenPromotion } from './render-promotion.ts';
import { renderReports } from './render-reports.ts';
import { runSteps } from './render-run.ts';
import { renderVerdict } from './render-verdict.ts';
import { formatTime, paintState, type Style, shortDigest, shortList, shortSubject } from './style.ts';
import { formatRows } from './text-table.ts';

/** Everything known of one artifact: where it is, what each environment says, what it rests on, what it waits for. */
export function renderArtifact(answer: ArtifactAnswer, style: Style): string {
  const { artifact } = answer;
  const title = style.paint.bold(`${artifact.repository}@${artifact.digest}`);
  const sections: readonly (readonly [title: string, body: string])[] = [
    ['Quarantine', renderQuarantine(answer, style)],
    ['Was there before', renderGrandfatherings(answer, style)],
    ['Under way', renderPipeline(answer, style)],
    ['Waits for', answer.promotions.map((promotion) => renderOpenPromotion(promotion, style)).join('')],
    ['Did not enter', renderNotEntered(answer, style)],
    ['Verdicts', answer.verdicts.map((verdict) => renderVerdict(verdict, style)).join('')],
    ['Platforms', renderPlatforms(answer, style)],
    ['Evidence', renderEvidence(answer, style)],
    ['Other scanners', renderReports(answer.reports, style)],
    ['Build', renderBuilds(answer, style)],
    ['Findings', renderFindings(answer, style)],
  ];
  const filled = sections.filter(([, body]) => body !== '');
  const body = filled.map(([name, text]) => `\n${style.paint.bold(name)}\n${text}`).join('');
  return `${title}\n${renderSummary(answer, style)}${body}`;
}

function renderNotEntered({ promotions, placements }: ArtifactAnswer, style: Style): string {
  const live = new Set(placements.filter(({ state }) => state === 'live').map(({ environment }) => environment));
  return renderEndedPromotions(promotions, (environment) => live.has(environment), style);
}

function renderSummary({ artifact, generation, alsoIn, placements }: ArtifactAnswer, style: Style): string {
  const live = placements.filter(({ state }) => state !== 'removed');
  const where = live.map(
    ({ environment, destination, state, since }) =>
      `${environment} ${state === 'live' ? 'since' : `(${state}) since`} ${formatTime(since, style)} as ${destination}`,
  );
  const reason = artifact.fenced || artifact.reason === '' ? '' : `: ${artifact.reason}`;
  const run = generation === null ? '' : ` (run ${generation.number}, by ${generation.cause})`;
  const rows = [
    ['state', `${stateOf(artifact, style)}${reason}${run}`],
    ...(where.length === 0
      ? [['live in', 'no environment']]
      : where.map((line, at) => [at === 0 ? 'live in' : '', line])),
    ['tags', shortList(artifact.tags, style)],
    ...(alsoIn.length === 0 ? [] : [['also in', shortList(alsoIn, style)]]),
    ['first seen', formatTime(artifact.firstSeen, style)],
    ['changed', formatTime(artifact.updatedAt, style)],
  ];
  return formatRows(rows);
}

function renderQuarantine({ fence, incidents }: ArtifactAnswer, style: Style): string {
  const rows = incidents.map(({ incident, relation, state, incidentState, reason }) => [
    incident,
    paintState(state, style),
    `${relation}; the incident is ${incidentState}: ${reason}`,
  ]);
  if (fence?.state !== 'fenced') return formatRows(rows);
  const since = `no environment may have it, since ${formatTime(fence.changedAt, style)}: ${fence.reason}`;
  return `  ${style.paint.red(since)}\n${formatRows(rows)}`;
}

const GRANDFATHERED = {
  stands: (until: string) => `denied where its verdict says so, and left there until ${until}`,
  ended: (until: string) => `its date is over since ${until}: a finding`,
  admitted: () => 'a promotion has let it in since',
  gone: () => 'it is not there any more',
  renewed: () => 'another date counts',
} as const;

function renderGrandfatherings({ grandfatherings }: ArtifactAnswer, style: Style): string {
  return formatRows(
    grandfatherings.map(({ environment, destination, until, state, reason, madeBy, madeAt }) => [
      environment,
      state === 'ended' ? style.paint.red(state) : state,
      `${GRANDFATHERED[state](formatTime(until, style))}; as ${destination}, by ${madeBy}, ${formatTime(madeAt, style)}: ${reason}`,
    ]),
  );
}

function renderPipeline({ pipeline }: ArtifactAnswer, style: Style): string {
  if (pipeline === null) return '';
  return `  ${pipeline.workflowId}: ${pipeline.status.toLowerCase()}\n${formatRows(runSteps(pipeline, style), 4)}`;
}

type Platform = ArtifactAnswer['platforms'][number];

function findingWords({
  findings,
  highest,
  knownExploited,
  decided,
}: Pick<Platform, 'highest' | 'knownExploited' | 'decided'> & { readonly findings: number }): string {
  if (findings === 0) return 'no findings';
  const exploited = knownExploited === 0 ? '' : `, ${knownExploited} known exploited`;
  const states = [...Map.groupBy(decided, ({ state }) => state)].map(([state, own]) => `, ${own.length} ${state}`);
  return `${plural(findings, 'finding')}, ${highest === null ? 'none counts' : `highest ${highest}`}${exploited}${states.join('')}`;
}

function leftWords({ leftToDistribution: left }: Pick<Platform, 'leftToDistribution'>): string {
  return left === 0 ? '' : `, ${plural(left, 'component')} left to the distribution's advisories`;
}

function renderPlatforms({ platforms }: ArtifactAnswer, style: Style): string {
  return formatRows(
    platforms.map(({ platform, digest, components, complete, failure, scannedAt, ...scanned }) => {
      const stock = components === null ? 'stock not taken' : `${plural(components, 'component')}`;
      const doubt = failure !== null ? `: ${failure}` : complete === false ? ', not everything could be read' : '';
      const scan =
        scanned.findings === null
          ? 'not scanned'
          : `${findingWords({ ...scanned, findings: scanned.findings })}${leftWords(scanned)}, scanned ${formatTime(scannedAt, style)}`;
      return [platform, shortDigest(digest, style), `${stock}${doubt}`, scan];
    }),
  );
}

function renderEvidence({ evidence, artifact }: ArtifactAnswer, style: Style): string {
  return formatRows(
    evidence.map(({ predicateType, origin, outcome, identity, rejection, manifest, subject, recordedAt }) => [
      predicateWord(predicateType),
      paintState(outcome, style),
      outcome === 'verified'
        ? `${origin === 'own' ? 'by Pratique' : 'from outside'}, ${identity ?? 'signer not recorded'}`
        : `${rejection?.code ?? 'rejected'}: ${rejection?.reason ?? 'not recorded why'}; nothing rests on it`,
      subject === artifact.digest ? '' : `about ${shortDigest(subject, style)}`,
      shortDigest(manifest, style),
      formatTime(recordedAt, style),
    ]),
  );
}

function renderBuilds({ builds }: ArtifactAnswer, style: Style): string {
  const verified = builds.verified.map(({ kind, value }) => [paintState('verified', style), kind, value]);
  const claimed = builds.claimed.flatMap(({ source, recordedAt, claim }) =>
    Object.entries(claim).map(([name, value], at) => [
      'claimed',
      name,
      `${typeof value === 'string' ? value : JSON.stringify(value)}${at === 0 ? ` (by ${source}, ${formatTime(recordedAt, style)})` : ''}`,
    ]),
  );
  return formatRows([...verified, ...claimed]);
}

function renderFindings({ openFindings, artifact }: ArtifactAnswer, style: Style): string {
  return formatRows(
    openFindings.map(({ kind, detail, foundAt }) => [
      kind,
      describeFinding(kind, detail, artifact.repository, style),
      formatTime(foundAt, style),
    ]),
  );
}

function describeDeletion({ tag, lacks, from, environment }: Record<string, unknown>, repository: string): string {
  const ref = `${repository}${tag === undefined ? '' : `:${String(tag)}`}@DIGEST`;
  let what = 'it';
  if (lacks !== undefined) what = 'a part of it';
  if (tag !== undefined) what = `its tag ${String(tag)}`;
  return `${what} is not in ${String(from)} any more, and we took nothing out: "pratique promote ${ref} --to ${String(environment)}" takes it there again`;
}

function describeFinding(kind: string, detail: Record<string, unknown>, repository: string, style: Style): string {
  const { tag, from, to } = detail;
  if (kind === 'deleted-past-us') return describeDeletion(detail, repository);
  if (kind === 'tag-moved' && typeof from === 'string' && typeof to === 'string')
    return `${String(tag)} was ${shortSubject(repository, from, style)} and is now ${shortDigest(to, style)}`;
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
