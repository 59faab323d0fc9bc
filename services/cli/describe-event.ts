import type { TimelineEntry } from '../../adapters/postgres/read-timeline.ts';
import { describeProof } from './render-promotion.ts';
import { type Style, shortDigest } from './style.ts';

/** One event in plain words. */
export interface EventWords {
  readonly what: string;
  readonly why: string;
  readonly tone: 'good' | 'bad' | 'plain';
}

type Data = Readonly<Record<string, unknown>>;
type Describe = (data: Data, style: Style) => { what: string; why?: string; tone?: EventWords['tone'] };

/** What happened to an artifact, by the event's type. A type without words is shown as it is, with its data. */
export function describeEvent({ type, data }: TimelineEntry, style: Style): EventWords {
  const describe = words[type];
  if (describe === undefined) return { what: type, why: remaining(data), tone: 'plain' };
  return { why: text(data.reason), tone: 'plain', ...describe(data, style) };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.map((item) => text((item as Data)?.principal) || String(item)).join(', ') : '';
}

function remaining(data: Data): string {
  return Object.entries(data)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function tagged({ tag }: Data): string {
  return text(tag) === '' ? '' : ` as ${text(tag)}`;
}

/** Why an arrival was taken in, joined or dropped. */
function intake({ outcome, reason, generation }: Data): string {
  switch (outcome) {
    case 'started':
      return `starts run ${String(generation ?? 1)}`;
    case 'joined':
      return `joins run ${String(generation ?? 1)}`;
    default:
      return `dropped, ${text(reason)}`;
  }
}

/** Whose own proof it carries. */
function proven(proof: unknown): string {
  const { kind, by } = (proof ?? {}) as Data;
  if (kind !== 'ssh' && kind !== 'oidc' && kind !== 'webauthn') return '';
  return `, proven by ${describeProof({ kind, by: text(by) })}`;
}

function against(gates: unknown): string {
  if (!Array.isArray(gates)) return '';
  return (gates as { gate?: unknown; verdict?: unknown; reason?: unknown }[])
    .filter(({ verdict }) => verdict !== 'pass')
    .map(
      ({ gate, verdict, reason }) => `${text(gate)} ${verdict === 'fail' ? 'fails' : 'cannot tell'}, ${text(reason)}`,
    )
    .join('; ');
}

const ended =
  (how: string): Describe =>
  ({ environment }) => ({ what: `promotion into ${text(environment)} ${how}`, tone: 'bad' });

/** The first of them, and how many more there are. */
function findings(changes: unknown, changed: unknown): string {
  const [first] = Array.isArray(changes) ? (changes as Data[]) : [];
  if (first === undefined) return '';
  const fixed = text(first.fixedIn) === '' ? '' : `, fixed in ${text(first.fixedIn)}`;
  const more = Number(changed) > 1 ? `; and ${Number(changed) - 1} more` : '';
  return `${text(first.severity)} ${text(first.advisory)} ${text(first.change)}: ${text(first.purl)}${fixed}${more}`;
}

/** What happened to a decision about its findings, where that is what changed. */
function decisionWords(decision: unknown): string {
  const { state, what } = (decision ?? {}) as Data;
  const states = text(state).replaceAll('_', ' ');
  switch (what) {
    case 'made':
      return `decided about its findings: ${states}`;
    case 'revoked':
      return `a decision about its findings (${states}) was revoked`;
    case 'expired':
      return `the time of a decision about its findings (${states}) is over`;
    default:
      return 'what is known of its components changed';
  }
}

function decisionWhy(decision: unknown): string {
  const { id, reason, owner } = (decision ?? {}) as Data;
  return text(id) === '' ? '' : `; ${text(reason)} (decision ${text(id)}, owner ${text(owner)})`;
}

function exceptionWhy(exception: unknown): string {
  const { advisory, environment, reason } = (exception ?? {}) as Data;
  return text(advisory) === '' ? '' : `; ${text(reason)} (exception for ${text(advisory)} in ${text(environment)})`;
}

function builtFrom(source: unknown): string {
  const { repository, commit } = (source ?? {}) as Data;
  return `from ${text(repository)} at ${text(commit).slice(0, 12)}`;
}

const isSuppressed = (changes: unknown) =>
  Array.isArray(changes) && (changes as Data[]).every(({ change }) => change === 'suppressed');

const waitsFor: Readonly<Record<string, string>> = {
  approval: 'a person to approve',
  freeze: 'a freeze to end',
  stop: 'the line to be let go on',
  soak: 'its soak time',
  'previous-environment': 'the environment before',
  signing: 'what its signatures need',
};

const words: Readonly<Record<string, Describe>> = {
  'artifact-pushed': (data) => ({ what: `pushed${tagged(data)}`, why: intake(data) }),
  'artifact-deleted': (data) => ({ what: 'deleted from the registry', why: intake(data) }),
  'build-finished': (data) => ({ what: `its build was reported${tagged(data)}`, why: intake(data) }),
  'artifact.received': (data) => ({ what: `arrived (${text(data.kind)})${tagged(data)}`, why: intake(data) }),
  'artifact.judged-for': ({ environment, outcome, admitted, policyVersion, gates }) => ({
    what: `judged for ${text(environment)}: ${text(outcome)}${admitted === true ? (outcome === 'pass' ? '' : ', let in by audit mode') : ', may not enter'}`,
    why: against(gates) || `every gate passes under policy ${String(policyVersion)}`,
    tone: outcome === 'pass' ? 'good' : 'bad',
  }),
  'artifact.awaiting-signing': ({ generation, reason }) => ({
    what: `run ${String(generation)} waits for what its signatures need`,
    why: text(reason),
    tone: 'bad',
  }),
  'artifact.judged': ({ generation }) => ({ what: `run ${String(generation)} is done`, tone: 'good' }),
  'artifact.failed': ({ generation }) => ({ what: `run ${String(generation)} failed`, tone: 'bad' }),
  'artifact.unknown': ({ generation }) => ({ what: `run ${String(generation)} could not tell`, tone: 'bad' }),
  'artifact.findings-changed': ({ changed, changes, environments, decision, exception, attestedBy }) => ({
    what: `${exception === undefined ? decisionWords(decision) : 'the time of an exception of the policy is over'}${list(environments) === '' ? '' : `, and it is live in ${list(environments)}`}`,
    why: `${findings(changes, changed)}${attestedBy === undefined ? '' : `, as ${text(attestedBy)} attests`}${decisionWhy(decision)}${exceptionWhy(exception)}`,
    tone: isSuppressed(changes) ? 'plain' : 'bad',
  }),
  'artifact.report-added': ({ scanner, findings: count, source }) => ({
    what: `a report of ${text(scanner)} was brought`,
    why: `${text(source)}: ${String(count)} findings`,
  }),
  'artifact.report-withdrawn': ({ scanner }) => ({ what: `a report of ${text(scanner)} was withdrawn` }),
  'artifact.tag-moved': ({ tag, from, to }, style) => ({
    what: `tag ${text(tag)} moved to other bytes`,
    why: `it was ${shortDigest(text(from), style)}, now ${shortDigest(text(to), style)}`,
    tone: 'bad',
  }),
  'artifact.fenced': ({ incident }) => ({ what: `quarantined by ${text(incident)}`, tone: 'bad' }),
  'artifact.removed': ({ incident, environment, from, keptIn, notKept }) => ({
    what: `taken out of ${text(environment)}`,
    why: `${text(incident)}; it was in ${text(from)} and ${
      notKept === undefined ? `is kept in ${text(keptIn)}` : `no copy could be kept: ${text(notKept)}`
    }`,
    tone: 'bad',
  }),
  'artifact.kept': ({ incident, from, keptIn }) => ({
    what: `a copy is kept in ${text(keptIn)} after all`,
    why: `${text(incident)}; it was in ${text(from)}`,
  }),
  'artifact.copy-lost': ({ incident, takenFrom, reason }) => ({
    what: `no copy of what was in ${text(takenFrom)} can be kept any more`,
    why: `${text(incident)}; ${text(reason)}`,
    tone: 'bad',
  }),
  'artifact.written-late': () => ({
    what: 'written again by a worker that was paused',
    why: 'it is taken out once more',
    tone: 'bad',
  }),
  'artifact.deleted-past-us': ({ environment, from, lacks, tag }) => ({
    what: `deleted from ${text(environment)}, and not by us`,
    why: `${tag === undefined ? '' : `the tag ${text(tag)}, `}${lacks === undefined ? '' : 'a part of it, '}in ${text(from)}; "pratique promote" takes it there again`,
    tone: 'bad',
  }),
  'artifact.quarantined': ({ readBacks, environments }) => ({
    what: 'its removal is confirmed',
    why: `read back ${String(readBacks ?? 1)} times${list(environments) === '' ? '' : ` in ${list(environments)}`}`,
  }),
  'artifact.rebuild-requested': ({ rebuild }) => ({ what: `a rebuild was asked for (${text(rebuild)})` }),
  'artifact.rebuilding': ({ source }) => ({ what: 'it is built again', why: builtFrom(source) }),
  'artifact.rebuilt': ({ identical, replacement, summary }, style) =>
    identical === true
      ? { what: 'rebuilt to the same digest', tone: 'good' }
      : { what: `rebuilt to ${shortDigest(text(replacement), style)}`, why: text(summary), tone: 'bad' },
  'artifact.rebuild-failed': ({ rebuild }) => ({ what: `rebuild ${text(rebuild)} failed`, tone: 'bad' }),
  'artifact.replaces': ({ original, rebuild, ...data }, style) => ({
    what: `replaces ${shortDigest(text(original), style)}${tagged(data)}`,
    why: `made by rebuild ${text(rebuild)}`,
  }),
  'artifact.grandfathered': ({ environment, until, place, reason }) => ({
    what: `found in ${text(environment)}, and may stay until ${text(until).slice(0, 10)}`,
    why: `${text(place)}; ${text(reason)}`,
  }),
  'artifact.grandfathering-ended': ({ environment, gates }) => ({
    what: `its time in ${text(environment)} without admission is over`,
    why: against(gates),
    tone: 'bad',
  }),
  'artifact.released': ({ incident }) => ({ what: `released from ${text(incident)}`, tone: 'good' }),
  'step.retry-requested': ({ environment, step }) => ({
    what: `${environment === undefined ? 'its run' : `its promotion into ${text(environment)}`} was told to try again now`,
    why: text(step),
  }),
  'promotion.requested': ({ environment, ...data }) => ({
    what: `promotion into ${text(environment)} asked for${tagged(data)}`,
  }),
  // Without one it waits for nothing but to be looked at again.
  'promotion.waiting': ({ environment, for: wait }) => ({
    what:
      wait === undefined
        ? `promotion into ${text(environment)} is looked at again`
        : `promotion into ${text(environment)} waits for ${waitsFor[text(wait)] ?? text(wait)}`,
  }),
  'promotion.reminded': ({ environment, count }) => ({
    what: `reminder ${String(count)} that ${text(environment)} waits for a person`,
  }),
  'promotion.approved': ({ environment, proof }) => ({
    what: `approved for ${text(environment)}${proven(proof)}`,
    tone: 'good',
  }),
  'promotion.rejection': ({ environment }) => ({ what: `rejected for ${text(environment)}`, tone: 'bad' }),
  'promotion.approval-refused': ({ environment }) => ({
    what: `an approval for ${text(environment)} does not count`,
    tone: 'bad',
  }),
  'promotion.reserved': ({ environment, approvedBy }) => ({
    what: `promotion into ${text(environment)} passed every check`,
    why: list(approvedBy) === '' ? 'copying' : `approved by ${list(approvedBy)}; copying`,
  }),
  'promotion.live': ({ environment, destination, approvedBy, ...data }) => ({
    what: `live in ${text(environment)}`,
    why: `${text(destination)}${tagged(data)}${list(approvedBy) === '' ? '' : `, approved by ${list(approvedBy)}`}`,
    tone: 'good',
  }),
  'promotion.denied': ended('denied'),
  'promotion.rejected': ended('ended, rejected'),
  'promotion.expired': ended('expired'),
  'promotion.superseded': ended('superseded'),
  'promotion.cancelling': ({ environment }) => ({ what: `promotion into ${text(environment)} is taken back` }),
  'promotion.cancelled': ended('cancelled'),
  'promotion.failed': ended('failed'),
  'promotion.undone': ended('undone'),
  'promotion.quarantined': ended('ended by a quarantine'),
  'incident.opened': ({ selector, subjects }) => ({
    what: `incident opened on ${text((selector as Data)?.kind)} ${text((selector as Data)?.value)}, ${String(subjects)} fenced`,
    tone: 'bad',
  }),
  'incident.contained': () => ({ what: 'incident contained', why: 'every removal is confirmed', tone: 'good' }),
  'incident.closed': () => ({ what: 'incident closed' }),
  'incident.release-requested': ({ digest, request }, style) => ({
    what: `release of ${shortDigest(text(digest), style)} asked for (${text(request)})`,
  }),
  'incident.release-approved': ({ request }) => ({ what: `release ${text(request)} approved`, tone: 'good' }),
  'incident.release-rejected': ({ request }) => ({ what: `release ${text(request)} rejected`, tone: 'bad' }),
};
