/** Component versions as they are stored, each once, and as matching wants them. */
import { type RawBuilder, sql } from 'kysely';
import type { Component, Ecosystem } from '../../domain/sbom/component.ts';
import { shownPurl } from './component-key.ts';
import type { Executor } from './database.ts';

export interface KnownComponent {
  readonly id: number;
  /** As people know it: two rows may have one, of which one is left to a distribution. */
  readonly purl: string;
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
  readonly advisory_name: string;
  /** Null in rows of before. */
  readonly advisory_version: string | null;
  readonly release: string | null;
  /** The distribution whose advisories answer for it, where there are any. */
  readonly left_to: string | null;
}

export interface PackageName {
  readonly ecosystem: string;
  /** As `normalisePackageName` has it. */
  readonly name: string;
}

/** Of the row `c` of `component`. */
export const knownColumns = sql`c.id, ${shownPurl} as purl, c.ecosystem, c.name, c.version, c.advisory_name, c.advisory_version,
  c.release, c.left_to`;

/** Every version of these packages, `limit` at most. Rows of before are found where their name is as advisories write it. */
export async function componentsOfPackages(
  db: Executor,
  packages: readonly PackageName[],
  limit: number,
): Promise<KnownComponent[]> {
  const { rows } = await sql<KnownComponent>`
    with asked as (select distinct ecosystem, name from jsonb_to_recordset(${JSON.stringify(packages)}::jsonb) as p(ecosystem text, name text))
    select ${knownColumns} from asked a join component c on c.ecosystem = a.ecosystem and c.package_key = a.name
    union all
    select ${knownColumns} from asked a join component c on c.ecosystem = a.ecosystem and c.advisory_name = a.name
      where c.package_key is null
    limit ${limit}`.execute(db);
  return rows;
}

/**
 * Those a package URL without qualifiers names: exactly that version, or every version where it has none. Ranges of bytes
 * keep the index in play: `#` and `?` begin what stands after a name, `?` and `@` are neighbours.
 */
export async function componentsOfPurl(db: Executor, purl: string, limit: number): Promise<KnownComponent[]> {
  const between = (from: string, to: string): RawBuilder<unknown> =>
    sql`select ${knownColumns} from component c where c.purl collate "C" >= ${from} and c.purl collate "C" < ${to}`;
  const hasVersion = /@[^/@]*$/.test(purl);
  const { rows } = await sql<KnownComponent>`
    select ${knownColumns} from component c where c.purl = ${purl}
    union all ${between(`${purl}#`, `${purl}$`)}
    union all ${between(`${purl}?`, hasVersion ? `${purl}@` : `${purl}A`)}
    limit ${limit}`.execute(db);
  return rows;
}

/** As many versions are looked at for a name that is nearly the same. */
const MOST_NEAR = 5000;

/** Package URLs without a version of what is known whose name begins with the same two letters. */
export async function packagesNear(db: Executor, purl: string): Promise<string[]> {
  const from = purl.slice(0, purl.lastIndexOf('/') + 3);
  const { rows } = await sql<{ purl: string }>`
    select c.purl from component c where c.purl collate "C" >= ${from} and c.purl collate "C" < ${`${from}\u{10ffff}`}
    limit ${MOST_NEAR}`.execute(db);
  return [...new Set(rows.map((row) => row.purl.replace(/[?#].*$/, '').replace(/@[^@/]*$/, '')))];
}

/** What matching looks at; nothing of where it was found. */
export function toMatchable(row: KnownComponent): Component {
  return {
    purl: row.purl,
    ecosystem: row.ecosystem,
    advisoryName: row.advisory_name,
    name: row.name,
    version: row.version,
    advisoryVersion: row.advisory_version ?? row.version,
    ...(row.release === null ? {} : { release: row.release }),
    licences: [],
    hashes: [],
    dependsOn: [],
    scope: 'runtime',
    locations: [],
    foundBy: '',
  };
}
