import { type RawBuilder, sql } from 'kysely';

/** Up to so many components are looked up one by one. */
const FEW = 8;

/** Those of `ids` (rows of `component`) that the layers have; `layers` selects the column `layer_set`, each once. */
export function membersOf(layers: RawBuilder<unknown>, ids: readonly number[]): RawBuilder<unknown> {
  // Many are read along the layer: there are few layers, and "+ 0" keeps the index from being asked for each component.
  const component = ids.length > FEW ? sql`m.component + 0` : sql`m.component`;
  return sql`
    select t.layer_set, m.component, m.path, m.places from (${layers}) t cross join lateral (
      select m.component, m.path, m.places from layer_component m
      where m.layer_set = t.layer_set and ${component} = any(${[...ids]}::bigint[]) offset 0) m`;
}
