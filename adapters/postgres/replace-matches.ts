/** What is known of component versions, written in place of what was known before, and what is different then. */
import { sql, type Transaction } from 'kysely';
import type { Finding, Undecided } from '../../domain/advisory/finding.ts';
import { type FindingChange, findingChanges, type Matched } from '../../domain/advisory/finding-changes.ts';
import { pairFindings } from '../../domain/advisory/pair-findings.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

export interface MatchedComponent {
  readonly id: number;
  /** To a distribution's advisories, which there are. */
  readonly isLeft: boolean;
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
}

/** In place of what was known of them. */
export async function writeMatches(trx: Trx, matched: readonly MatchedComponent[]): Promise<void> {
  const ids = matched.map(({ id }) => id);
  const rows = matched.flatMap(({ id, findings, undecided }) => [
    ...findings.map((body, position) => ({
      ...{ component: id, position, advisory: body.advisory, decided: true, body },
    })),
    ...undecided.map((body, position) => ({
      ...{ component: id, position: findings.length + position, advisory: body.advisory ?? '', decided: false, body },
    })),
  ]);
  await sql`delete from component_finding where component = any(${ids}::bigint[])`.execute(trx);
  if (rows.length > 0)
    await sql`
      insert into component_finding (component, position, advisory, decided, body)
      select component, position, advisory, decided, body from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as r(component bigint, position integer, advisory text, decided boolean, body jsonb)`.execute(trx);
}

/** To whose advisories they were left: where that is other than it would be now, they are matched again (`rematchLeft`). */
export async function noteLeft(trx: Trx, matched: readonly MatchedComponent[]): Promise<void> {
  const rows = matched.map(({ id, isLeft }) => ({ id, left: isLeft }));
  await sql`
    update component c set is_left = r.left from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id bigint, "left" boolean)
    where c.id = r.id and c.is_left <> r.left`.execute(trx);
}

/** Only versions whose findings differ are written, and only their stocks are of another version then. Returns the changes. */
export async function replaceMatches(trx: Trx, epoch: number, matched: readonly MatchedComponent[]): Promise<number> {
  await sql`select 1 from rescan_state for no key update`.execute(trx);
  await noteLeft(trx, matched);
  const before = await readMatches(
    trx,
    matched.map(({ id }) => id),
  );
  const different = matched.filter((one) => !isSame(before.get(one.id) ?? nothing, one));
  if (different.length === 0) return 0;
  await writeMatches(trx, different);
  await renameUntold(
    trx,
    different.flatMap((one) => renamedIn(before.get(one.id) ?? nothing, one)),
  );
  const attacked = await newlyAttacked(trx, before, different);
  const changes = different.flatMap((one) =>
    withAttacks(one, findingChanges(before.get(one.id) ?? nothing, one), attacked),
  );
  await writeChanges(trx, epoch, changes);
  return changes.length;
}

type Change = Parameters<typeof writeChanges>[2][number];

const allNames = ({ advisory, aliases, upstream = [] }: Finding) => [advisory, ...aliases, ...upstream];

/** What was there before, and has another name now under which it is known to be attacked: ids of the component and the advisory. */
async function newlyAttacked(
  trx: Trx,
  before: ReadonlyMap<number, Matched>,
  different: readonly MatchedComponent[],
): Promise<ReadonlySet<string>> {
  const gained = different.flatMap(({ id, findings }) => {
    const pairs = pairFindings(before.get(id)?.findings ?? [], findings);
    return findings.flatMap((finding) => {
      const known = pairs.was(finding).flatMap(allNames);
      const names = known.length === 0 ? [] : allNames(finding).filter((name) => !known.includes(name));
      return names.map((name) => ({ name, finding: `${id} ${finding.advisory}` }));
    });
  });
  if (gained.length === 0) return new Set();
  const names = [...new Set(gained.map(({ name }) => name))];
  const { rows } = await sql<{ cve: string }>`
    select cve from known_exploited where cve = any(${names}::text[])`.execute(trx);
  const known = new Set(rows.map(({ cve }) => cve));
  return new Set(gained.flatMap(({ name, finding }) => (known.has(name) ? [finding] : [])));
}

/** The changes of one component; what is attacked now is one, unless it is told as worse anyway. */
function withAttacks(
  { id, findings }: MatchedComponent,
  changes: readonly FindingChange[],
  attacked: ReadonlySet<string>,
): Change[] {
  const isAttacked = (advisory: string) => attacked.has(`${id} ${advisory}`);
  const told = new Set(changes.flatMap(({ advisory, change }) => (change === 'changed' ? [] : [advisory])));
  return [
    ...changes
      .filter(({ advisory }) => told.has(advisory) || !isAttacked(advisory))
      .map((change) => ({ component: id, ...change })),
    ...findings
      .filter(({ advisory }) => isAttacked(advisory) && !told.has(advisory))
      .map(({ advisory, severity, fixedIn }) => ({
        ...{ component: id, advisory, severity, fixedIn, change: 'exploited' as const },
      })),
  ];
}

/** What is different for whoever has the row `to` from now on in place of `from`; both are matched. */
export async function writeMoves(
  trx: Trx,
  moves: readonly { readonly from: number; readonly to: number }[],
): Promise<void> {
  const matches = await readMatches(
    trx,
    moves.flatMap(({ from, to }) => [from, to]),
  );
  const { rows } = await sql<{ epoch: number }>`select epoch from advisory_state`.execute(trx);
  const changes = moves.flatMap(({ from, to }) =>
    findingChanges(matches.get(from) ?? nothing, matches.get(to) ?? nothing).map((change) => ({
      component: to,
      ...change,
    })),
  );
  await writeChanges(trx, rows[0]?.epoch ?? 0, changes);
}

interface Renamed {
  readonly component: number;
  readonly from: string;
  readonly to: string;
}

/** Findings that another record of the same vulnerability speaks for from now on. */
function renamedIn({ findings: before }: Matched, { id, findings }: MatchedComponent): Renamed[] {
  const pairs = pairFindings(before, findings);
  const names = new Set(findings.map(({ advisory }) => advisory));
  return findings.flatMap((finding) =>
    pairs
      .was(finding)
      .filter(({ advisory }) => !names.has(advisory))
      .map(({ advisory }) => ({ component: id, from: advisory, to: finding.advisory })),
  );
}

/** What nobody was told yet is told by the name it has now, by which its body is found. */
async function renameUntold(trx: Trx, renamed: readonly Renamed[]): Promise<void> {
  if (renamed.length === 0) return;
  await sql`
    with moved as (
      delete from finding_change f
      using jsonb_to_recordset(${JSON.stringify(renamed)}::jsonb) as r(component bigint, "from" text, "to" text)
      where f.component = r.component and f.advisory = r."from" and f.told_at is null
      returning f.epoch, f.component, r."to" as advisory, f.change, f.severity, f.fixed_in)
    insert into finding_change (epoch, component, advisory, change, severity, fixed_in) select * from moved
    on conflict do nothing`.execute(trx);
}

const nothing: Matched = { findings: [], undecided: [] };

function isSame(a: Matched, b: Matched): boolean {
  return canonicalJson([a.findings, a.undecided]) === canonicalJson([b.findings, b.undecided]);
}

async function readMatches(trx: Trx, ids: readonly number[]): Promise<Map<number, Matched>> {
  const { rows } = await sql<{ component: number; decided: boolean; body: Finding | Undecided }>`
    select component, decided, body from component_finding where component = any(${ids}::bigint[])
    order by component, position`.execute(trx);
  return new Map(
    [...Map.groupBy(rows, ({ component }) => component)].map(([component, own]) => [
      component,
      {
        findings: own.filter(({ decided }) => decided).map(({ body }) => body as Finding),
        undecided: own.filter(({ decided }) => !decided).map(({ body }) => body as Undecided),
      },
    ]),
  );
}

export async function writeChanges(
  trx: Trx,
  epoch: number,
  changes: readonly (Omit<FindingChange, 'change'> & {
    readonly component: number;
    readonly change: FindingChange['change'] | 'exploited';
  })[],
  before: 'keep' | 'replace' = 'replace',
): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ fixedIn, ...change }) => ({ ...change, fixed_in: fixedIn ?? null }));
  await sql`
    insert into finding_change (epoch, component, advisory, change, severity, fixed_in)
    select ${epoch}, component, advisory, change, severity, fixed_in from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(component bigint, advisory text, change text, severity text, fixed_in text)
    on conflict (epoch, component, advisory) ${
      before === 'keep'
        ? sql`do nothing`
        : sql`do update set change = excluded.change, severity = excluded.severity, fixed_in = excluded.fixed_in, told_at = null`
    }`.execute(trx);
  const ids = [...new Set(changes.map(({ component }) => component))];
  await sql`
    update stock set findings_version = findings_version + 1 where id in (
      select l.stock from layer_component m join stock_layer l on l.layer_set = m.layer_set
      where m.component = any(${ids}::bigint[]))`.execute(trx);
}
