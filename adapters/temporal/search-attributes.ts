import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** On all workflows; ten Keywords at most on one namespace. */
export const searchAttributes = {
  digest: defineSearchAttributeKey('PratiqueDigest', SearchAttributeType.KEYWORD),
  repository: defineSearchAttributeKey('PratiqueRepository', SearchAttributeType.KEYWORD),
  environment: defineSearchAttributeKey('PratiqueEnvironment', SearchAttributeType.KEYWORD),
  incident: defineSearchAttributeKey('PratiqueIncident', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('PratiquePhase', SearchAttributeType.KEYWORD),
} as const;

/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD */
const KEYWORD = 2;

/** Creates the attributes that are missing: the dev server ignores `--search-attribute` on a database it made before. */
export async function ensureSearchAttributes(client: Client, namespace: string): Promise<string[]> {
  const wanted = Object.values(searchAttributes).map((key) => key.name);
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const missing = wanted.filter((name) => customAttributes?.[name] === undefined);
  if (missing.length > 0)
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  return missing;
}
