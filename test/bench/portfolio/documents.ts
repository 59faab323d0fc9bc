/** The documents behind the stocks: some are written by the real store, the others take as many bytes as those did. */
import { sql } from 'kysely';
import { createPostgresBlobStore, sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import type { Database } from '../../../adapters/postgres/database.ts';
import type { Component, Stock } from '../../../domain/sbom/component.ts';
import { canonicalJson } from '../../../domain/trust/canonical-json.ts';

/** Written as they are. */
const SAMPLED = 40;

/** Returns the bytes that one takes. */
export async function storeDocuments(db: Database, artifacts: number): Promise<number> {
  const blobs = createPostgresBlobStore(db);
  const written: string[] = [];
  for (let sample = 0; sample < SAMPLED; sample += 1) {
    const stock = await readStock(db, 1 + Math.floor((sample * artifacts) / SAMPLED));
    written.push((await blobs.put(new TextEncoder().encode(canonicalJson(stock)), 'application/json')).digest);
  }
  const { rows } = await sql<{ bytes: number }>`
    select avg(length(bytes))::float8 as bytes from blob where digest = any(${written}::text[])`.execute(db);
  const bytes = rows[0]?.bytes ?? 0;
  await sql`insert into blob (digest, media_type, size, bytes)
    select digest, 'application/json', ${Math.round(bytes)}, decode(repeat('5a', ${Math.round(bytes)}), 'hex') from stock`.execute(
    db,
  );
  return bytes;
}

interface Row {
  purl: string;
  ecosystem: Component['ecosystem'];
  name: string;
  version: string;
  layer: `sha256:${string}`;
  path: string;
}

/** As a cataloger would have found it: with hashes, licences and dependencies, which are most of a document. */
async function readStock(db: Database, id: number): Promise<Stock> {
  const { rows } = await sql<Row>`
    select c.purl, c.ecosystem, c.name, c.version, s.layer, m.path from stock_layer l join layer_set s on s.id = l.layer_set
      join layer_component m on m.layer_set = l.layer_set join component c on c.id = m.component
    where l.stock = ${id} order by c.purl`.execute(db);
  const components = rows.map(
    ({ layer, path, ...row }, position): Component => ({
      ...row,
      advisoryName: row.name,
      advisoryVersion: row.version,
      licences: [{ kind: 'expression', expression: position % 3 === 0 ? 'Apache-2.0' : 'MIT' }],
      hashes: [{ algorithm: 'SHA-256', value: sha256Digest(row.purl).slice(7) }],
      dependsOn: rows.slice(position + 1, position + 1 + (position % 5)).map(({ purl }) => purl),
      scope: 'runtime',
      locations: [{ layer, path } as Component['locations'][number]],
      foundBy: row.ecosystem === 'npm' ? 'node-modules' : 'dpkg',
    }),
  );
  return { components, unreadable: [], complete: true };
}
