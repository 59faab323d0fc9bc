/** What is in an artifact, by the SBOMs that the policy prefers. */
import { eachFeedOnce } from '../../advisory/feed-age.ts';
import type { Finding, Undecided } from '../../advisory/finding.ts';
import type { Component } from '../../sbom/component.ts';
import { diffStocks } from '../../sbom/diff-stocks.ts';
import type { AttestedSbom } from '../../trust/attested-document.ts';
import type { DocumentPreference } from '../document-preferences.ts';
import type { DocumentReading, JudgedArtifact, JudgedPlatform } from '../gate.ts';
import type { GateContext } from '../gates/gate-context.ts';
import { type CountedDocuments, countedDocuments } from './counted-documents.ts';
import { documentDoubt } from './document-doubt.ts';

type Preference = Exclude<DocumentPreference, { prefer: 'generated' }>;

/**
 * The artifact as `attested` SBOMs have it, or as they and the layers have it (`both`). Several of one platform count together:
 * an old one that is attached anew hides nothing.
 */
export function preferSbom(judged: JudgedArtifact, preference: Preference, context: GateContext): JudgedArtifact {
  const { prefer, signers } = preference;
  const found = judged.platforms.map((platform) => ({
    platform,
    counted: countedDocuments('sbom', platform, signers, judged, context),
  }));
  const doubt = documentDoubt('sbom', found, signers);
  const difference = preference.prefer === 'both' ? differenceOf(found, judged, preference.onDifference) : undefined;
  const documents = found.flatMap(({ counted }) => counted.documents);
  const reading: DocumentReading = {
    prefer,
    evidence: documents.map(({ manifest }) => manifest),
    signers: [...new Set(documents.map(({ by }) => by))],
    ...(doubt === undefined ? {} : { doubt }),
    ...(difference === undefined ? {} : { difference }),
  };
  const platforms = found.map(({ platform, counted }) => {
    const sboms = counted.documents.map(({ content }) => content);
    return prefer === 'attested' ? attestedPlatform(platform, sboms) : bothPlatforms(platform, sboms);
  });
  return {
    ...judged,
    platforms,
    readings: { ...judged.readings, sbom: reading },
    ...(prefer === 'attested'
      ? attestedScan(judged, documents, doubt !== undefined, context)
      : { scan: joinedScan(judged.scan, documents) }),
  };
}

/** What could not be read or scanned here matters to nobody, where others say what is in it: that was scanned just now. */
function attestedScan(
  judged: JudgedArtifact,
  documents: CountedDocuments<'sbom'>['documents'],
  isDoubtful: boolean,
  { now }: GateContext,
): Pick<JudgedArtifact, 'failure' | 'scan'> {
  const [first] = documents;
  if (isDoubtful || first === undefined) return { failure: judged.failure, scan: judged.scan };
  const { newest, digest } = first.content.scan.database;
  const { syncedAt } = first.content.scan;
  return {
    failure: undefined,
    scan: {
      ...{ at: now, databaseNewest: newest, databaseSyncedAt: syncedAt, databaseDigest: digest },
      feeds: eachFeedOnce(feedsOf(documents)),
    },
  };
}

const feedsOf = (documents: CountedDocuments<'sbom'>['documents']) =>
  documents.flatMap(({ content }) => content.scan.feeds);

/** What only they name needs its feed as well: of an ecosystem without advisories nothing is found, in whomever's list it is. */
function joinedScan(scan: JudgedArtifact['scan'], documents: CountedDocuments<'sbom'>['documents']) {
  if (scan === undefined || documents.length === 0) return scan;
  return { ...scan, feeds: eachFeedOnce([...(scan.feeds ?? []), ...feedsOf(documents)]) };
}

const byPurl = <T extends { readonly purl: string }>(components: readonly T[]) => [
  ...new Map(components.map((component) => [component.purl, component])).values(),
];

function attestedPlatform({ digest, platform }: JudgedPlatform, sboms: readonly AttestedSbom[]): JudgedPlatform {
  const components = byPurl(sboms.flatMap((sbom) => sbom.components));
  const left = byPurl(sboms.flatMap(({ scan }) => scan.left ?? []));
  return {
    ...{ digest, platform },
    complete: sboms.length > 0 && sboms.every(({ complete }) => complete),
    componentCount: components.length,
    unreadable: sboms.flatMap(({ unreadable }) => unreadable),
    licences: licencesOf(sboms),
    findings: mergeFindings(sboms.flatMap(({ scan }) => scan.findings)),
    undecided: mergeUndecided(sboms.flatMap(({ scan }) => scan.undecided)),
    ...(left.length === 0 ? {} : { left }),
  };
}

/** Each document's own word: where two name different licences of one component, both are looked at. */
function licencesOf(sboms: readonly AttestedSbom[]): JudgedPlatform['licences'] {
  const lines = sboms.flatMap(({ components }) => components.map(({ purl, licences }) => ({ purl, licences })));
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()];
}

function bothPlatforms(platform: JudgedPlatform, sboms: readonly AttestedSbom[]): JudgedPlatform {
  const attested = attestedPlatform(platform, sboms);
  const known = new Set(platform.licences.map((line) => JSON.stringify(line)));
  return {
    ...platform,
    complete: platform.complete && attested.complete,
    unreadable: [...platform.unreadable, ...attested.unreadable],
    licences: [...platform.licences, ...attested.licences.filter((line) => !known.has(JSON.stringify(line)))],
    findings: mergeFindings([...platform.findings, ...attested.findings]),
    undecided: mergeUndecided([...platform.undecided, ...attested.undecided]),
  };
}

function mergeFindings(findings: readonly Finding[]): Finding[] {
  const distinct = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.advisory, finding.purl]);
    if (!distinct.has(key)) distinct.set(key, finding);
  }
  return [...distinct.values()];
}

function mergeUndecided(undecided: readonly Undecided[]): Undecided[] {
  return [...new Map(undecided.map((one) => [JSON.stringify([one.purl, one.advisory ?? '']), one])).values()];
}

const nameOf = ({ name, version }: Component) => `${name} ${version}`;

function differenceOf(
  found: readonly { readonly platform: JudgedPlatform; readonly counted: CountedDocuments<'sbom'> }[],
  judged: JudgedArtifact,
  verdict: 'pass' | 'unknown' | 'fail',
): DocumentReading['difference'] {
  let here = 0;
  let there = 0;
  let versions = 0;
  const details: string[] = [];
  for (const { platform, counted } of found) {
    const generated = judged.attested?.generated[platform.digest];
    if (generated === undefined || counted.documents.length === 0) continue;
    const attested = byPurl(counted.documents.flatMap(({ content }) => content.components));
    const { added, removed, changed } = diffStocks({ components: generated }, { components: attested });
    const others = changed.filter(({ direction }) => direction !== 'same');
    here += removed.length;
    there += added.length;
    versions += others.length;
    details.push(
      ...removed.map((one) => `in the layers alone: ${nameOf(one)} (${one.purl}) [${platform.platform}]`),
      ...added.map((one) => `in the attested SBOM alone: ${nameOf(one)} (${one.purl}) [${platform.platform}]`),
      ...others.map(
        ({ before, after }) =>
          `${before.name}: ${before.version} in the layers, ${after.version} in the attested SBOM [${platform.platform}]`,
      ),
    );
  }
  if (details.length === 0) return undefined;
  const reason = `what is attested and what is in the layers differ: ${here} components in the layers alone, ${there} in the attested SBOM alone, ${versions} of other versions`;
  return { verdict, reason, details };
}
