/**
 * A synthetic portfolio, made inside Postgres: applications on shared bases and runtimes, whose dependencies change every few
 * builds and whose own layer changes with each. The same seed gives the same rows.
 */
import { sql } from 'kysely';
import type { Database } from '../../../adapters/postgres/database.ts';

export interface PortfolioOptions {
  readonly artifacts: number;
  readonly seed: number;
}

/** Builds of one application: the newest runs in dev, the one before in staging, the one before that in prod. */
const BUILDS = 50;
/** Builds between two changes of the dependencies. */
const BUILDS_A_LOCKFILE = 5;
const LOCKFILES = BUILDS / BUILDS_A_LOCKFILE;

export const shape = {
  ...{ distributions: 4, systemPackages: 400, systemVersions: 8 },
  ...{ families: 40, familyVersions: 8, familyPackages: 135 },
  ...{ runtimes: 60, runtimePackages: 32 },
  ...{ libraries: 8000, libraryVersions: 12, lockfilePackages: 185 },
  ownPackages: 2,
} as const;

/** Ids of components: system packages, then libraries, then what each build makes itself. */
const ids = {
  library: shape.distributions * shape.systemPackages * shape.systemVersions + 1,
  own: shape.distributions * shape.systemPackages * shape.systemVersions + shape.libraries * shape.libraryVersions + 1,
} as const;

const sets = {
  runtime: shape.families * shape.familyVersions + 1,
  lockfile: shape.families * shape.familyVersions + shape.runtimes + 1,
} as const;

/** Every statement of the making, in order. */
export async function generatePortfolio(db: Database, options: PortfolioOptions): Promise<void> {
  const { artifacts, seed } = options;
  const applications = Math.ceil(artifacts / BUILDS);
  const own = sets.lockfile + applications * LOCKFILES;
  /** In [0, 1), the same for the same number. */
  const chance = (of: string) => sql.raw(`((hashint8extended((${of})::bigint, ${seed}) & 2147483647) / 2147483648.0)`);
  const digest = (of: string) => sql.raw(`'sha256:' || encode(sha256(convert_to(${of}, 'UTF8')), 'hex')`);
  const run = async (...statements: ReturnType<typeof sql>[]) => {
    for (const statement of statements) await statement.execute(db);
  };
  const s = shape;
  await run(
    sql`insert into component (id, purl, ecosystem, advisory_name, name, version, advisory_version, release, package_key)
      overriding system value
      select 1 + (d * ${s.systemPackages}::int + p) * ${s.systemVersions}::int + v,
        'pkg:deb/debian/system-' || p || '@1.' || v || '-1?arch=amd64&distro=debian-' || (10 + d), 'Debian', 'system-' || p, 'system-' || p,
        '1.' || v || '-1', '1.' || v || '-1', (10 + d)::text, 'system-' || p
      from generate_series(0, ${s.distributions - 1}::int) d, generate_series(0, ${s.systemPackages - 1}::int) p,
        generate_series(0, ${s.systemVersions - 1}::int) v`,
    sql`insert into component (id, purl, ecosystem, advisory_name, name, version, advisory_version, package_key)
      overriding system value
      select ${ids.library}::int + p * ${s.libraryVersions}::int + v, 'pkg:npm/library-' || p || '@1.' || v || '.0', 'npm', 'library-' || p,
        'library-' || p, '1.' || v || '.0', '1.' || v || '.0', 'library-' || p
      from generate_series(0, ${s.libraries - 1}::int) p, generate_series(0, ${s.libraryVersions - 1}::int) v`,
    sql`insert into component (id, purl, ecosystem, advisory_name, name, version, advisory_version, package_key)
      overriding system value
      select ${ids.own}::int + i * ${s.ownPackages}::int + n, 'pkg:npm/%40acme/app-' || i % ${applications}::int || '-' || n || '@1.0.' || i, 'npm',
        '@acme/app-' || i % ${applications}::int || '-' || n, '@acme/app-' || i % ${applications}::int || '-' || n, '1.0.' || i, '1.0.' || i,
        '@acme/app-' || i % ${applications}::int || '-' || n
      from generate_series(0, ${artifacts - 1}::int) i, generate_series(0, ${s.ownPackages - 1}::int) n`,
    sql`insert into layer_set (id, digest, layer) overriding system value
      select i, ${digest("'set ' || i")}, ${digest("'layer ' || i")} from generate_series(1, ${own + artifacts - 1}::int) i`,
    // Of a base's packages, a third moves with each of its versions; few packages are in most bases, many in few.
    sql`insert into layer_component (layer_set, component, path, places)
      select distinct on (1, 2) 1 + f * ${s.familyVersions}::int + b,
        1 + ((f % ${s.distributions}::int) * ${s.systemPackages}::int + (power(${chance('f * 1000 + j')}, 1.5) * ${s.systemPackages}::int)::int % ${s.systemPackages}::int)
          * ${s.systemVersions}::int + (b * ${chance('7000000 + f * 1000 + j')})::int, '/var/lib/dpkg/status', 1
      from generate_series(0, ${s.families - 1}::int) f, generate_series(0, ${s.familyVersions - 1}::int) b,
        generate_series(1, ${s.familyPackages}::int) j`,
    sql`insert into layer_component (layer_set, component, path, places)
      select distinct on (1, 2) ${sets.runtime}::int + r,
        ${ids.library}::int + (power(${chance('8000000 + r * 1000 + j')}, 3) * ${s.libraries}::int)::int % ${s.libraries}::int * ${s.libraryVersions}::int
          + (${chance('9000000 + r * 1000 + j')} * 6)::int, '/usr/local/lib/node_modules/' || j || '/package.json', 1
      from generate_series(0, ${s.runtimes - 1}::int) r, generate_series(1, ${s.runtimePackages}::int) j`,
    // An application keeps its packages; each lockfile moves some of them up a version.
    sql`insert into layer_component (layer_set, component, path, places)
      select distinct on (1, 2) ${sets.lockfile}::int + a * ${LOCKFILES}::int + k, ${ids.library}::int + p * ${s.libraryVersions}::int
          + least(${s.libraryVersions - 1}::int, (k * ${chance('20000000000 + a * 1000 + j')} + 3 * ${chance('30000000000 + p')})::int),
        '/app/node_modules/library-' || p || '/package.json', 1
      from (select a, j, (power(${chance('10000000000 + a * 1000 + j')}, 3) * ${s.libraries}::int)::int % ${s.libraries}::int as p
          from generate_series(0, ${applications - 1}::int) a, generate_series(1, ${s.lockfilePackages}::int) j) of
        cross join generate_series(0, ${LOCKFILES - 1}::int) k`,
    sql`insert into layer_component (layer_set, component, path, places)
      select ${own}::int + i, ${ids.own}::int + i * ${s.ownPackages}::int + n, '/app/packages/' || n || '/package.json', 1
      from generate_series(0, ${artifacts - 1}::int) i, generate_series(0, ${s.ownPackages - 1}::int) n`,
    // Build n of every application before build n + 1 of any.
    sql`create temporary table build on commit preserve rows as
      select i, i % ${applications}::int as app, i / ${applications}::int as n, ${digest("'artifact ' || i")} as digest, ${digest("'stock ' || i")} as stock
      from generate_series(0, ${artifacts - 1}::int) i`,
    sql`insert into stock (id, digest, complete, component_count, layered, left_noted) select i + 1, stock, true, 0, true, true from build`,
    sql`insert into stock_layer (layer_set, stock)
      select layer_set, i + 1 from build cross join lateral (values
        (1 + (app % ${s.families}::int) * ${s.familyVersions}::int + n * ${s.familyVersions}::int / ${BUILDS}::int),
        (${sets.runtime}::int + app % ${s.runtimes}::int),
        (${sets.lockfile}::int + app * ${LOCKFILES}::int + n / ${BUILDS_A_LOCKFILE}::int),
        (${own}::int + i)) as l(layer_set)`,
    sql`insert into artifact (repository, digest, media_type, size, kind, phase, outcome, generation, first_seen)
      select 'team-' || app % 40 || '/app-' || app, digest, 'application/vnd.oci.image.manifest.v1+json', 2000, 'image', 'judged', 'judged', 1,
        timestamptz '2026-01-01' + i * interval '1 minute' from build`,
    sql`insert into tag (repository, tag, digest, event_id) select 'team-' || app % 40 || '/app-' || app, '1.' || n, digest, 'event-' || i from build`,
    sql`insert into artifact_stock (digest, platform_digest, platform, stock) select digest, digest, 'linux/amd64', stock from build`,
    sql`insert into artifact_content (digest, config_digest) select digest, ${digest("'config ' || i")} from build`,
    sql`insert into artifact_layer (digest, position, diff_id)
      select b.digest, row_number() over (partition by b.i order by l.layer_set) - 1, s.layer
      from build b join stock_layer l on l.stock = b.i + 1 join layer_set s on s.id = l.layer_set`,
    sql`insert into placement (environment, destination, digest, state)
      select e.name, e.name || '/team-' || app % 40 || '/app-' || app, digest, 'live'
      from build join (values ('dev', 1), ('staging', 2), ('prod', 3)) as e(name, back) on n = ${BUILDS}::int - e.back`,
    sql`insert into placement_claim (environment, destination, digest, claim, created)
      select p.environment, p.destination, p.digest, 'promotion/' || p.environment || '/' || a.repository || '@' || p.digest || '#1', '[]'
      from placement p join artifact a on a.digest = p.digest`,
    sql`insert into generation (repository, digest, generation, cause, state, outcome)
      select repository, digest, 1, 'push', 'closed', 'judged' from artifact`,
    sql`insert into promotion (environment, repository, digest, generation, state, build_order, requested_by)
      select p.environment, a.repository, a.digest, 1, 'live', 1, 'bench' from placement p join artifact a on a.digest = p.digest`,
    // What a worker does as it goes: every version is matched (against nothing yet), and what runs is known.
    sql`update component set matched_epoch = 0`,
    sql`update stock s set scanned_at = now(), live = exists (select from artifact_stock x join placement p on p.digest = x.digest
      where x.stock = s.digest and p.state = 'live')`,
    // What triggers keep, which this session does not run.
    sql`insert into live_layer (layer_set, stock)
      select l.layer_set, l.stock from stock_layer l join stock s on s.id = l.stock where s.live`,
    sql`insert into live_component (component, layer_set)
      select c.component, c.layer_set from (select distinct layer_set from live_layer) l join layer_component c on c.layer_set = l.layer_set`,
  );
}

/** Sequences go on after what was made, and the planner knows how much there is. */
export async function settlePortfolio(db: Database): Promise<void> {
  for (const table of ['component', 'layer_set', 'stock'])
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), (select max(id) from ${sql.table(table)}))`.execute(
      db,
    );
  await sql`vacuum analyze`.execute(db);
}
