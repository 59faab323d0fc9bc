import type { Component, Ecosystem } from '../sbom/component.ts';
import { createCoverage } from './coverage.ts';
import type { AdvisoryDatabase } from './database.ts';
import type { Upgrade } from './find-fixes.ts';
import type { ScanResult, Undecided } from './finding.ts';
import { createStandings, leftComponents, type StandingOf } from './left-to-distribution.ts';
import { matchComponents } from './match.ts';
import type { OsvRecord } from './osv-record.ts';
import { addThreats, type ThreatDatabase } from './threat.ts';

/** Names in one lookup: keeps statements and memory bounded. */
const BATCH = 500;

/** A scan, with what to do about it. */
export interface ScannedComponents extends ScanResult {
  readonly upgrades: readonly Upgrade[];
}

/** Records by ecosystem and name. */
type FoundRecords = Map<Ecosystem, Map<string, readonly OsvRecord[]>>;

/** Looks names up as they come, a batch at a time: of a million components neither objects nor names are kept. */
async function lookupAll(components: readonly Component[], database: AdvisoryDatabase, covered: ReadonlySet<string>) {
  const found: FoundRecords = new Map();
  const waiting = new Map<Ecosystem, Set<string>>();
  const lookup = async (ecosystem: Ecosystem, names: Set<string>): Promise<void> => {
    const records = found.get(ecosystem) ?? new Map<string, readonly OsvRecord[]>();
    for (const [name, ofName] of await database.lookup(ecosystem, [...names])) records.set(name, ofName);
    found.set(ecosystem, records);
    names.clear();
  };
  for (const { ecosystem, advisoryName } of components) {
    if (!covered.has(ecosystem)) continue;
    const names = waiting.get(ecosystem) ?? new Set();
    waiting.set(ecosystem, names.add(advisoryName));
    if (names.size >= BATCH) await lookup(ecosystem, names);
  }
  for (const [ecosystem, names] of waiting) if (names.size > 0) await lookup(ecosystem, names);
  return found;
}

/**
 * Scans the components of one stock against one state of the database: only records of their packages are read.
 * A component of an ecosystem the database knows nothing about is undecided, not clean. With `threats`, findings say what
 * is known of attacks on them. `standingOf`: where these are not all of the stock.
 */
export async function scanComponents(
  components: readonly Component[],
  database: AdvisoryDatabase,
  threats?: ThreatDatabase,
  standingOf: StandingOf = createStandings(components),
): Promise<ScannedComponents> {
  const { records, digest, newest, ecosystems, distributions } = await database.state();
  const found = await lookupAll(components, database, new Set(ecosystems));
  const gapOf = createCoverage({ ecosystems, distributions });
  const uncovered: Undecided[] = [];
  for (const component of components) {
    const reason = gapOf(component)?.reason;
    if (reason !== undefined) uncovered.push({ purl: component.purl, reason });
  }
  const left = leftComponents(components, distributions, standingOf);
  const leftPurls = new Set(left.map(({ purl }) => purl));
  const { findings, undecided, upgrades } = matchComponents(
    components,
    (component) => found.get(component.ecosystem)?.get(component.advisoryName) ?? [],
    ({ purl }) => leftPurls.has(purl),
  );
  const told = threats === undefined || findings.length === 0 ? findings : await addThreats(findings, threats);
  return {
    ...{ findings: told, undecided: [...undecided, ...uncovered], upgrades, database: { records, digest, newest } },
    ...(left.length === 0 ? {} : { left }),
  };
}
