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

/** The names of those that the namespace does not have. */
export async function missingSearchAttributes(client: Client, namespace: string): Promise<string[]> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributes)
    .map((key) => key.name)
    .filter((name) => customAttributes?.[name] === undefined);
}

/** Creates the attributes that are missing: the dev server ignores `--search-attribute` on a database it made before. */
export async function ensureSearchAttributes(client: Client, namespace: string): Promise<string[]> {
  const missing = await missingSearchAttributes(client, namespace);
  if (missing.length > 0)
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  return missing;
}
