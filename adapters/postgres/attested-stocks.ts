/** What others attest to be in an artifact, where the policy reads it: kept as stocks of their own, for rescans and questions. */
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { AttestedContents } from '../../domain/policy/verdict-book.ts';
import type { Component } from '../../domain/sbom/component.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { matchStock } from './component-matches.ts';
import { type Database, transact } from './database.ts';
import { refenceSelected } from './fence.ts';
import { markLiveStocks } from './live-stocks.ts';
import type { Schema } from './schema.ts';
import { storeLayers } from './stock-layers.ts';

type Trx = Transaction<Schema>;

const ATTESTED_TYPE = 'application/vnd.pratique.attested-stock.v1+json';
/** Characters of what is indexed of a component. A document may say anything; no package is called so. */
const LONGEST_NAME = 1000;
const LONGEST_PATH = 1000;

/**
 * In place of what was kept of this artifact, but for attestations that are recorded and can not be read now: those stay as they
 * were read. Returns whether anything is new: what was scanned before that may be older than what rescans go on from.
 */
export async function recordAttestedStocks(
  db: Database,
  artifact: Digest,
  contents: readonly AttestedContents[],
  unread: readonly Digest[],
): Promise<boolean> {
  const keep = [...contents.map(({ manifest }) => manifest), ...unread];
  const { rows } = await sql<Known>`
    select a.manifest, a.platform_digest as platform, a.signer, a.manifest <> all(${keep}::text[]) as "isOver",
      s.left_noted as "isNoted"
    from attested_stock a join stock s on s.digest = a.stock where a.digest = ${artifact}`.execute(db);
  // What a worker of before kept is kept anew, with what is left to a distribution.
  const noted = rows.filter(({ isNoted }) => isNoted);
  const known = new Set(noted.map(({ manifest, platform, signer }) => keyOf(manifest, platform, signer)));
  const missing = contents.filter(({ manifest, platform, signer }) => !known.has(keyOf(manifest, platform, signer)));
  if (missing.length === 0 && rows.every(({ isOver }) => !isOver)) return false;
  const stocks = await transact(db, async (trx) => {
    await sql`delete from attested_stock where digest = ${artifact} and manifest <> all(${keep}::text[])`.execute(trx);
    const made: Digest[] = [];
    for (const one of missing) made.push(await recordOne(trx, artifact, one));
    if (made.length > 0) {
      await refenceSelected(trx, [artifact, ...missing.map(({ platform }) => platform)]);
      await markLiveStocks(trx, artifact);
    }
    return made;
  });
  // From here on rescans keep what is known of them.
  for (const stock of stocks) await matchStock(db, stock);
  return stocks.length > 0;
}

interface Known {
  readonly manifest: Digest;
  readonly platform: Digest;
  readonly signer: string;
  readonly isOver: boolean;
  readonly isNoted: boolean;
}

const keyOf = (manifest: string, platform: string, signer: string) => `${manifest} ${platform} ${signer}`;

async function recordOne(
  trx: Trx,
  artifact: Digest,
  { platform, manifest, signer, complete, components }: AttestedContents,
): Promise<Digest> {
  // One attestation about one platform says the same wherever it is read.
  const name = new TextEncoder().encode(canonicalJson({ manifest, platform }));
  const { digest: stock } = await createPostgresBlobStore(trx).put(name, ATTESTED_TYPE);
  const storable = components.filter(isStorable).map(withShortPaths);
  await trx
    .insertInto('stock')
    .values({
      ...{ digest: stock, component_count: components.length, layered: true },
      complete: complete && storable.length === components.length,
    })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
  const { left_noted: isKept } = await trx
    .selectFrom('stock')
    .select('left_noted')
    .where('digest', '=', stock)
    .executeTakeFirstOrThrow();
  // What our own catalogers know of a version is not replaced by what somebody attests of it.
  if (!isKept) await storeLayers(trx, stock, { components: storable }, 'keep');
  await trx
    .insertInto('attested_stock')
    .values({
      ...{ digest: artifact, platform_digest: platform, manifest, signer, stock },
      platform: sql<string>`
      coalesce((select platform from artifact_stock where digest = ${artifact} and platform_digest = ${platform}), 'unknown')`,
    })
    .onConflict((conflict) =>
      conflict.columns(['digest', 'platform_digest', 'manifest']).doUpdateSet({ signer, stock }),
    )
    .execute();
  return stock;
}

/** Neither NUL, which Postgres has no place for, nor half characters, nor more than an index takes. */
function isStorable({ purl, name, version, advisoryName, advisoryVersion, release = '' }: Component): boolean {
  return [purl, name, version, advisoryName, advisoryVersion, release].every(
    (text) => text.length <= LONGEST_NAME && text.isWellFormed() && !text.includes('\0'),
  );
}

/** Where the document says it is, as far as that can be shown; layers are what we read ourselves. */
function withShortPaths(component: Component): Component {
  const locations = component.locations.map(({ path }) => ({
    path: path.slice(0, LONGEST_PATH).toWellFormed().replaceAll('\0', '\uFFFD'),
  }));
  return { ...component, locations };
}
