/**
 * What indexes hold, and what holds them, at any depth: an index may list indexes (OCI image index specification, `manifests`).
 * Each is an array, for `= any(…)`: so rows are found by an index, where "this one, or in (…)" makes the server read them all.
 */
import { type RawBuilder, sql } from 'kysely';

/** The digest itself, or the column that has it; `unnest(…)` for several. */
type Seed = string | RawBuilder<unknown>;

/** The seed and everything inside it. */
export function withInside(seed: Seed): RawBuilder<string[]> {
  return sql`array(with recursive inside (digest) as (
    select ${seed}::text union select e.child from artifact_edge e join inside i on e.parent = i.digest) select digest from inside)`;
}

/** The seed and every index it is in. */
export function withHolders(seed: Seed): RawBuilder<string[]> {
  return sql`array(with recursive holders (digest) as (
    select ${seed}::text union select e.parent from artifact_edge e join holders h on e.child = h.digest) select digest from holders)`;
}
