/** From a question to the component versions, or digests, it is about. */
import { compareVersions } from '../../domain/advisory/compare-versions.ts';
import type { Finding } from '../../domain/advisory/finding.ts';
import { severityRank } from '../../domain/advisory/finding.ts';
import { matchComponents } from '../../domain/advisory/match.ts';
import type { OsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName, parseOsvEcosystem } from '../../domain/advisory/package-identity.ts';
import { rateSeverity } from '../../domain/advisory/severity.ts';
import { AffectedError } from '../../domain/affected/affected-error.ts';
import type { AffectedComponent, AskedAdvisory } from '../../domain/affected/affected-report.ts';
import type { AffectedQuestion } from '../../domain/affected/question.ts';
import { isInRange, type VersionRange } from '../../domain/affected/version-range.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { closestName } from '../../domain/policy/closest-name.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { parsePurl } from '../../domain/sbom/purl.ts';
import { componentsNamed, spellsVersion } from './components-named.ts';
import type { Executor } from './database.ts';
import { findAdvisories } from './find-advisories.ts';
import { componentsOfPackages, type KnownComponent, packagesNear, toMatchable } from './known-component.ts';
import { readCoverage } from './read-coverage.ts';
import { resolveNamed } from './resolve-named.ts';
import { selectDigests } from './selection.ts';

export interface Affected {
  /** By id of the component's row. */
  readonly components: Map<number, AffectedComponent>;
  /** Artifacts, or children of them, that were asked about themselves. */
  readonly digests: Set<Digest>;
  readonly advisories: AskedAdvisory[];
  readonly undecided: { purl: string; reason: string }[];
  /** Ids of the rows of those: an artifact with one is not known to be clean. */
  readonly undecidedIds: Set<number>;
  /** Packages nothing ever had: safe, or misspelt. */
  readonly unseen: { purl: string; nearest: string | null }[];
}

/** Versions of the packages of one question. */
const MOST_VERSIONS = 20_000;
/** Unseen packages that are looked for under another name. */
const MOST_NEAREST = 20;

/** Throws an AffectedError, or a SelectorError for a signer or builder the policy does not have. */
export async function findAffected(
  db: Executor,
  questions: readonly AffectedQuestion[],
  policy: () => Promise<Policy>,
): Promise<Affected> {
  const affected: Affected = {
    ...{ components: new Map(), digests: new Set(), advisories: [] },
    ...{ undecided: [], undecidedIds: new Set(), unseen: [] },
  };
  for (const question of questions) {
    switch (question.about) {
      case 'advisory':
        await addAdvisory(db, affected, question.id);
        break;
      case 'component':
        await addComponent(db, affected, question);
        break;
      case 'selector':
        for (const digest of await selectDigests(db, await resolveNamed(db, await policy(), question.selector)))
          affected.digests.add(digest);
    }
  }
  return affected;
}

function bounded(rows: KnownComponent[], what: string): KnownComponent[] {
  if (rows.length <= MOST_VERSIONS) return rows;
  throw new AffectedError(
    'AFFECTED_TOO_MANY',
    `${what} has more than ${MOST_VERSIONS} versions here: ask for less at a time`,
  );
}

async function addAdvisory(db: Executor, affected: Affected, id: string): Promise<void> {
  const records = await findAdvisories(db, id);
  if (records.length === 0)
    throw new AffectedError(
      'AFFECTED_UNKNOWN',
      `no advisory here is called ${id}: "pratique advisories sync" brings newer ones, and a package URL asks without one`,
    );
  const byPackage = new Map<string, Set<OsvRecord>>();
  const packages = records.flatMap((record) =>
    record.affected.flatMap((entry) => {
      if (entry.package === undefined) return [];
      const { ecosystem } = parseOsvEcosystem(entry.package.ecosystem);
      const name = normalisePackageName(ecosystem, entry.package.name);
      const key = `${ecosystem} ${name}`;
      byPackage.set(key, (byPackage.get(key) ?? new Set()).add(record));
      return [{ ecosystem, name }];
    }),
  );
  const rows = bounded(await componentsOfPackages(db, packages, MOST_VERSIONS + 1), id);
  const covered = new Set((await readCoverage(db)).distributions);
  // A purl is one row of those that are somebody's own, and one of those that are left to a distribution.
  for (const [leftTo, group] of Map.groupBy(rows, ({ left_to }) => left_to)) {
    const byPurl = new Map(group.map((row) => [row.purl, row]));
    const { findings, undecided } = matchComponents(
      group.map(toMatchable),
      ({ ecosystem, advisoryName }) => [
        ...(byPackage.get(`${ecosystem} ${normalisePackageName(ecosystem, advisoryName)}`) ?? []),
      ],
      () => leftTo !== null && covered.has(leftTo),
    );
    for (const finding of findings) {
      const row = byPurl.get(finding.purl);
      if (row !== undefined) addFinding(affected, row, finding);
    }
    for (const { purl, reason } of undecided) addUndecided(affected, byPurl.get(purl), { purl, reason });
  }
  affected.advisories.push(...records.map(describeAdvisory));
}

function addUndecided(
  { undecided, undecidedIds }: Affected,
  row: KnownComponent | undefined,
  said: Affected['undecided'][number],
): void {
  undecided.push(said);
  if (row !== undefined) undecidedIds.add(row.id);
}

function describeAdvisory(record: OsvRecord): AskedAdvisory {
  const [first] = record.affected;
  return {
    id: record.id,
    aliases: [...record.aliases],
    summary: (record.summary ?? record.details ?? '').split('\n', 1)[0]?.slice(0, 300) ?? '',
    severity: first === undefined ? 'unknown' : rateSeverity(record, first).severity,
    withdrawn: Boolean(record.withdrawn),
  };
}

const weight = (severity: AffectedComponent['severity']) => (severity === null ? -1 : severityRank(severity));

/** One that several advisories match is clean where the last of them is fixed. */
function addFinding({ components }: Affected, { id, ecosystem }: KnownComponent, finding: Finding): void {
  const { purl, advisory, severity, fixedIn = null } = finding;
  const known = components.get(id);
  const isLater = known?.fixedIn && fixedIn ? compareVersions(ecosystem, fixedIn, known.fixedIn) === 1 : true;
  components.set(id, {
    purl,
    fixedIn: isLater ? (fixedIn ?? known?.fixedIn ?? null) : (known?.fixedIn ?? null),
    advisories: [...new Set([...(known?.advisories ?? []), advisory])],
    severity: known !== undefined && weight(known.severity) >= weight(severity) ? known.severity : severity,
  });
}

async function addComponent(
  db: Executor,
  affected: Affected,
  { purl, range }: Extract<AffectedQuestion, { about: 'component' }>,
): Promise<void> {
  const { version } = parsePurl(purl);
  const every = version === undefined ? purl : purl.slice(0, purl.lastIndexOf('@'));
  const rows = bounded(await componentsNamed(db, every, MOST_VERSIONS + 1), every);
  if (rows.length === 0)
    affected.unseen.push({ purl: every, nearest: await nearestOf(db, every, affected.unseen.length) });
  const named = new Set(rows.filter((row) => spellsVersion(row, purl)));
  for (const row of rows) {
    const meant =
      version === undefined ? isMeant(row, range) : named.has(row) || isVersion(row, version, named.size > 0);
    if (meant === undefined)
      addUndecided(affected, row, {
        purl: row.purl,
        reason: `${row.version} and ${version ?? 'the range'} have no order`,
      });
    if (meant && !affected.components.has(row.id))
      affected.components.set(row.id, { purl: row.purl, fixedIn: null, advisories: [], severity: null });
  }
}

/** What is called nearly so, in the same namespace. Of many, only the first are compared with all that is known. */
async function nearestOf(db: Executor, purl: string, before: number): Promise<string | null> {
  if (before >= MOST_NEAREST) return null;
  const at = purl.lastIndexOf('/') + 1;
  const names = (await packagesNear(db, purl)).map((near) => near.slice(at));
  const nearest = closestName(purl.slice(at), names);
  return nearest === undefined ? null : `${purl.slice(0, at)}${nearest}`;
}

function isMeant({ ecosystem, version }: KnownComponent, range: VersionRange | undefined): boolean | undefined {
  return range === undefined ? true : isInRange(ecosystem, version, range);
}

/** However it is spelt (`v5.0.0`, `5.0`). What is no version of its ecosystem is compared with nothing, unless somebody has it. */
function isVersion({ ecosystem, version }: KnownComponent, asked: string, isThere: boolean): boolean | undefined {
  const isNone = ecosystem !== 'generic' && compareVersions(ecosystem, asked, asked) === undefined;
  return isNone && !isThere ? undefined : compareVersions(ecosystem, version, asked) === 0;
}
