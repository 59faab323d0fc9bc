/** What is wrong with an artifact, by the vulnerability reports that the policy prefers. */
import { type Finding, namesOf, severityRank } from '../../advisory/finding.ts';
import { compareReport } from '../../advisory/report/compare-report.ts';
import type { AttestedReport } from '../../trust/attested-document.ts';
import type { DocumentPreference } from '../document-preferences.ts';
import type { DocumentReading, JudgedArtifact, JudgedPlatform } from '../gate.ts';
import type { GateContext } from '../gates/gate-context.ts';
import { type CountedDocuments, countedDocuments } from './counted-documents.ts';
import { documentDoubt } from './document-doubt.ts';
import { isPast, newestReports } from './newest-reports.ts';

type Preference = Exclude<DocumentPreference, { prefer: 'generated' }>;
type Reports = CountedDocuments<'vulnerabilities'>['documents'];

/**
 * The artifact with the findings of `attested` reports, or theirs and ours (`both`). Of each scanner the newest counts: an old one
 * that is attached anew is not the newest.
 */
export function preferReports(judged: JudgedArtifact, preference: Preference, context: GateContext): JudgedArtifact {
  const { prefer, signers } = preference;
  const found = judged.platforms.map((platform) => ({
    platform,
    counted: newestOnly(countedDocuments('vulnerabilities', platform, signers, judged, context), context.now),
  }));
  const doubt = documentDoubt('vulnerabilities', found, signers);
  const difference = preference.prefer === 'both' ? differenceOf(found, preference.onDifference) : undefined;
  const reports = found.flatMap(({ counted }) => counted.documents);
  const reading: DocumentReading = {
    prefer,
    evidence: reports.map(({ manifest }) => manifest),
    signers: [...new Set(reports.map(({ by }) => by))],
    ...(doubt === undefined ? {} : { doubt }),
    ...(difference === undefined ? {} : { difference }),
  };
  const platforms = found.map(({ platform, counted }) => {
    const theirs = counted.documents.map(({ content }) => content);
    if (prefer !== 'attested') return withReports(platform, theirs);
    const { left: _, ...rest } = platform;
    return { ...rest, findings: findingsOf(theirs), undecided: theirs.flatMap(({ undecided }) => undecided) };
  });
  const scan = scanOf(judged, reports, prefer);
  return { ...judged, platforms, scan, readings: { ...judged.readings, vulnerabilities: reading } };
}

function newestOnly(counted: CountedDocuments<'vulnerabilities'>, now: string): CountedDocuments<'vulnerabilities'> {
  const past = counted.documents.filter(({ content }) => isPast(content, now));
  const early = counted.documents
    .filter((report) => !past.includes(report))
    .map(({ content, by }) => ({
      code: 'REPORT_IN_FUTURE' as const,
      line: `refused (REPORT_IN_FUTURE): a report by ${by} says it was made at ${content.finishedAt}, which is still to come`,
    }));
  const documents = newestReports(past, ({ content }) => content);
  return { ...counted, documents, refused: [...counted.refused, ...early] };
}

const findingsOf = (reports: readonly AttestedReport[]) => reports.flatMap(({ findings }) => findings);

/** As old as the oldest of what counts; of advisories whose age a report does not tell, it is not known. */
function scanOf(judged: JudgedArtifact, reports: Reports, prefer: Preference['prefer']): JudgedArtifact['scan'] {
  const contents = reports.map(({ content }) => content);
  if (contents.length === 0) return judged.scan;
  const ours = prefer === 'both' ? judged.scan : undefined;
  if (prefer === 'both' && ours === undefined) return undefined;
  const oldest = (times: readonly (string | undefined)[]) =>
    times.some((time) => time === undefined)
      ? undefined
      : times.toSorted((a, b) => Date.parse(a ?? '') - Date.parse(b ?? ''))[0];
  const state = ours === undefined ? [] : [ours.databaseSyncedAt ?? ours.databaseNewest];
  return {
    at: oldest([...contents.map(({ finishedAt }) => finishedAt), ...(ours === undefined ? [] : [ours.at])]) ?? '',
    databaseNewest: oldest([...contents.map(({ databaseAt }) => databaseAt), ...state]),
    databaseSyncedAt: undefined,
    databaseDigest: ours?.databaseDigest ?? '',
    // What a report was made with makes no feed of ours younger.
    ...(ours?.feeds === undefined || ours.feeds.length === 0
      ? {}
      : {
          feeds: [
            ...ours.feeds,
            ...contents.map(({ scanner, databaseAt: at }, index) => ({ ecosystem: `${scanner} (${index + 1})`, at })),
          ],
        }),
  };
}

const asReport = (findings: readonly Finding[]) => ({
  ...{ scanner: 'attested', version: '' },
  findings: findings.map((finding) => ({
    ...{ ids: namesOf(finding), name: finding.name, version: finding.version, severity: finding.severity },
    ...(finding.purl === '' ? {} : { purl: finding.purl }),
    fixedIn: [],
  })),
});

const placeOf = (...words: readonly (string | undefined)[]) => JSON.stringify(words);

/** Ours, and of theirs what we have not, or have as less grave. */
function withReports(platform: JudgedPlatform, reports: readonly AttestedReport[]): JudgedPlatform {
  const gravest = new Map<string, number>();
  const names = (finding: Finding) => namesOf(finding).map((id) => placeOf(id, finding.name, finding.version));
  for (const finding of platform.findings)
    for (const name of names(finding))
      gravest.set(name, Math.max(gravest.get(name) ?? -1, severityRank(finding.severity)));
  const theirs = findingsOf(reports);
  const { onlyTheirs } = compareReport(platform.findings, asReport(theirs));
  const unknownHere = new Set(onlyTheirs.map(({ ids, purl, name, version }) => placeOf(ids[0], purl, name, version)));
  const isNews = (finding: Finding) =>
    unknownHere.has(placeOf(finding.advisory, finding.purl || undefined, finding.name, finding.version)) ||
    names(finding).every((name) => (gravest.get(name) ?? -1) < severityRank(finding.severity));
  return {
    ...platform,
    findings: [...platform.findings, ...theirs.filter(isNews)],
    undecided: [...platform.undecided, ...reports.flatMap(({ undecided }) => undecided)],
  };
}

function differenceOf(
  found: readonly { readonly platform: JudgedPlatform; readonly counted: CountedDocuments<'vulnerabilities'> }[],
  verdict: 'pass' | 'unknown' | 'fail',
): DocumentReading['difference'] {
  let here = 0;
  let there = 0;
  const details: string[] = [];
  for (const { platform, counted } of found) {
    if (counted.documents.length === 0) continue;
    const theirs = asReport(findingsOf(counted.documents.map(({ content }) => content)));
    const { onlyOurs, onlyTheirs } = compareReport(platform.findings, theirs);
    here += onlyOurs.length;
    there += onlyTheirs.length;
    details.push(
      ...onlyOurs.map(
        (one) => `found here alone: ${one.advisory} in ${one.name} ${one.version} [${platform.platform}]`,
      ),
      ...onlyTheirs.map((one) => `reported alone: ${one.ids[0]} in ${one.name} ${one.version} [${platform.platform}]`),
    );
  }
  if (details.length === 0) return undefined;
  return {
    verdict,
    reason: `what is reported and what was found here differ: ${here} found here alone, ${there} reported alone`,
    details,
  };
}
