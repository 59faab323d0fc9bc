/** The components of a stock, layer by layer: what a layer brings is stored once, however many artifacts share it. */
import { sql, type Transaction } from 'kysely';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Component, Stock } from '../../domain/sbom/component.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { sha256Digest } from './blob-store.ts';
import { createComponentKeys } from './component-key.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

interface Member {
  /** As the rows of `component` have it (`createComponentKeys`). */
  readonly purl: string;
  /** The first of its places in this layer. */
  readonly path: string;
  readonly places: number;
}

interface LayerSet {
  /** Over the layer and its members: equal content is one row. */
  readonly digest: Digest;
  /** Diff-id; null outside of an image. */
  readonly layer: string | null;
  readonly members: readonly Member[];
}

type KeyOf = ReturnType<typeof createComponentKeys>;

/** What each layer brings, by digest of that. A component that two layers bring is a member of both. */
function layerSets(components: readonly Component[], keyOf: KeyOf): LayerSet[] {
  const layers = new Map<string | null, Map<string, { path: string; places: number }>>();
  const place = (layer: string | null, purl: string, path: string) => {
    const members = layers.get(layer) ?? new Map<string, { path: string; places: number }>();
    layers.set(layer, members);
    const known = members.get(purl);
    members.set(purl, { path: known?.path ?? path, places: (known?.places ?? 0) + 1 });
  };
  for (const component of components) {
    const { locations } = component;
    const { key } = keyOf(component);
    for (const { layer, path } of locations) place(layer ?? null, key, path);
    // An SBOM may list what it has no place for.
    if (locations.length === 0) place(null, key, '');
  }
  const sets = [...layers].map(([layer, found]) => {
    const members = [...found]
      .map(([purl, at]) => ({ purl, ...at }))
      .sort((a, b) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0));
    return { digest: sha256Digest(canonicalJson([layer, members])), layer, members };
  });
  return sets.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** Whether what a stock says of a version takes the place of what is known of it. */
export type KnownVersions = 'replace' | 'keep';

/**
 * One statement, in purl order: concurrent stocks insert their shared components in the same order. What a newer cataloger says
 * otherwise takes the place of what was known, and is matched again: what was found counts until then, wherever it is.
 */
export async function storeComponents(
  trx: Trx,
  components: readonly Component[],
  known: KnownVersions,
  keyOf: KeyOf = createComponentKeys(components),
): Promise<void> {
  const rows = components
    .map((component) => {
      const { ecosystem, advisoryName, name, version, advisoryVersion, release } = component;
      const { key, leftTo } = keyOf(component);
      return {
        ...{ purl: key, left_to: leftTo, ecosystem, name, version, release: release ?? null },
        ...{ advisory_name: advisoryName, advisory_version: advisoryVersion },
        package_key: normalisePackageName(ecosystem, advisoryName),
      };
    })
    .sort((a, b) => (a.purl < b.purl ? -1 : 1));
  const said = sql`ecosystem, advisory_name, name, version, advisory_version, release, package_key`;
  const saysTheSame = sql`(c.ecosystem, c.advisory_name, c.name, c.version, c.advisory_version, c.release, c.package_key)
      is not distinct from (r.ecosystem, r.advisory_name, r.name, r.version, r.advisory_version, r.release, r.package_key)`;
  await sql`
    insert into component (purl, left_to, ${said})
    select purl, left_to, ${said}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(purl text, ecosystem text, advisory_name text, name text, version text, advisory_version text, release text,
           package_key text, left_to text)
    -- What "on conflict" meets, it locks, also where it changes nothing: images of one base would wait for one another.
    where not exists (select from component c where c.purl = r.purl ${known === 'keep' ? sql`` : sql`and ${saysTheSame}`})
    order by purl
    on conflict (purl) ${
      known === 'keep'
        ? sql`do nothing`
        : sql`do update set advisory_name = excluded.advisory_name, name = excluded.name, version = excluded.version,
        ecosystem = excluded.ecosystem, advisory_version = excluded.advisory_version, release = excluded.release,
        package_key = excluded.package_key, was_matched = component.was_matched or component.matched_epoch is not null
      where (component.ecosystem, component.advisory_name, component.name, component.version, component.advisory_version,
          component.release, component.package_key)
        is distinct from (excluded.ecosystem, excluded.advisory_name, excluded.name, excluded.version,
          excluded.advisory_version, excluded.release, excluded.package_key)`
    }`.execute(trx);
}

/** Members come with the set: whoever finds it there finds them too. */
async function storeSets(trx: Trx, sets: readonly LayerSet[]): Promise<void> {
  const rows = sets.map(({ digest, layer }) => ({ digest, layer }));
  const { rows: made } = await sql<{ digest: Digest }>`
    insert into layer_set (digest, layer)
    select digest, layer from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(digest text, layer text) order by digest
    on conflict (digest) do nothing returning digest`.execute(trx);
  const isNew = new Set(made.map(({ digest }) => digest));
  const members = sets.flatMap(({ digest, members: of }) =>
    isNew.has(digest) ? of.map((member) => ({ set: digest, ...member })) : [],
  );
  if (members.length === 0) return;
  await sql`
    insert into layer_component (layer_set, component, path, places)
    select s.id, c.id, m.path, m.places
    from jsonb_to_recordset(${JSON.stringify(members)}::jsonb) as m(set text, purl text, path text, places integer)
    join layer_set s on s.digest = m.set join component c on c.purl = m.purl`.execute(trx);
}

/** Of a stock that is read again, the layers of before that it has no more. Those that run are noted anew with what is put in their place. */
async function dropOthers(trx: Trx, digest: Digest, sets: readonly Digest[]): Promise<void> {
  // Whether it runs does not change meanwhile.
  await sql`select 1 from stock where digest = ${digest} for no key update`.execute(trx);
  const { rows } = await sql<{ stock: number }>`
    delete from stock_layer k using stock s where s.digest = ${digest} and k.stock = s.id and k.layer_set not in (
      select id from layer_set where digest = any(${[...sets]}::text[])) returning k.stock`.execute(trx);
  const [first] = rows;
  if (first !== undefined) await sql`select remove_live_layers(${first.stock}::integer)`.execute(trx);
}

/** Stores the components of a stock whose row is there, and what a worker of before knew of them. */
export async function storeLayers(
  trx: Trx,
  digest: Digest,
  stock: Pick<Stock, 'components'>,
  known: KnownVersions = 'replace',
): Promise<void> {
  if (stock.components.length > 0) {
    const keyOf = createComponentKeys(stock.components);
    const sets = layerSets(stock.components, keyOf);
    await storeComponents(trx, stock.components, known, keyOf);
    await storeSets(trx, sets);
    await dropOthers(
      trx,
      digest,
      sets.map((set) => set.digest),
    );
    await sql`
      insert into stock_layer (layer_set, stock)
      select l.id, s.id from layer_set l join stock s on s.digest = ${digest}
      where l.digest = any(${sets.map((set) => set.digest)}::text[])
      on conflict do nothing`.execute(trx);
  }
  await trx.updateTable('stock').set({ layered: true, left_noted: true }).where('digest', '=', digest).execute();
  await sql`delete from stock_component_before where stock = ${digest}`.execute(trx);
}
