import type { Component, Ecosystem } from '../sbom/component.ts';
import type { AdvisoryDatabase } from './database.ts';
import type { Upgrade } from './find-fixes.ts';
import type { ScanResult, Undecided } from './finding.ts';
import { matchComponents } from './match.ts';
import type { OsvRecord } from './osv-record.ts';
import { addThreats, type ThreatDatabase } from './threat.ts';

/** Names in one lookup: keeps statements and memory bounded. */
const BATCH = 500;

/** Why nothing can be said of components of an ecosystem that the database does not have. */
export function describeUncovered(ecosystem: Ecosystem): string {
  return ecosystem === 'generic'
    ? 'it has no package URL that advisories go by'
    : `the advisory database has no records of ecosystem ${ecosystem}`;
}

/** A scan, with what to do about it. */
export interface ScannedComponents extends ScanResult {
  readonly upgrades: readonly Upgrade[];
}

async function lookupAll(database: AdvisoryDatabase, ecosystem: Ecosystem, names: readonly string[]) {
  const found = new Map<string, readonly OsvRecord[]>();
  for (let start = 0; start < names.length; start += BATCH)
    for (const [name, records] of await database.lookup(ecosystem, names.slice(start, start + BATCH)))
      found.set(name, records);
  return found;
}

/**
 * Scans the components of one stock against one state of the database: only records of their packages are read.
 * A component of an ecosystem the database knows nothing about is undecided, not clean. With `threats`, findings say what
 * is known of attacks on them.
 */
export async function scanComponents(
  components: readonly Component[],
  database: AdvisoryDatabase,
  threats?: ThreatDatabase,
): Promise<ScannedComponents> {
  const { records, digest, newest, ecosystems } = await database.state();
  const byEcosystem = Map.groupBy(components, (component) => component.ecosystem);
  const found = new Map<Ecosystem, ReadonlyMap<string, readonly OsvRecord[]>>();
  const uncovered: Undecided[] = [];
  for (const [ecosystem, members] of byEcosystem) {
    if (ecosystems.includes(ecosystem)) {
      found.set(ecosystem, await lookupAll(database, ecosystem, [...new Set(members.map((one) => one.advisoryName))]));
      continue;
    }
    const reason = describeUncovered(ecosystem);
    uncovered.push(...members.map(({ purl }) => ({ purl, reason })));
  }
  const { findings, undecided, upgrades } = matchComponents(
    components,
    (component) => found.get(component.ecosystem)?.get(component.advisoryName) ?? [],
  );
  const told = threats === undefined || findings.length === 0 ? findings : await addThreats(findings, threats);
  return { findings: told, undecided: [...undecided, ...uncovered], upgrades, database: { records, digest, newest } };
}
