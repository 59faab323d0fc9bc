import type { LayerCache, LayerCacheKey } from '../../domain/catalog/layer-cache.ts';
import type { LayerFindings } from '../../domain/catalog/layer-findings.ts';
import type { Database } from './database.ts';

const keyOf = ({ blob, diffId, catalogVersion, limits }: LayerCacheKey) =>
  [blob, diffId, catalogVersion, limits].join(' ');

/** Findings per layer, shared by all workers: a base image costs nothing the second time. */
export function createPostgresLayerCache(db: Database): LayerCache {
  return {
    async get(key) {
      const row = await db
        .selectFrom('layer_stock')
        .select('findings')
        .where('cache_key', '=', keyOf(key))
        .executeTakeFirst();
      return row?.findings as LayerFindings | undefined;
    },
    async put(key, findings) {
      await db
        .insertInto('layer_stock')
        .values({ cache_key: keyOf(key), findings: JSON.stringify(findings) })
        .onConflict((conflict) => conflict.column('cache_key').doNothing())
        .execute();
    },
  };
}
