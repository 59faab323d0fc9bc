/** Names of our own properties in CycloneDX documents: written and read in one spelling. */
export const propertyNames = {
  complete: 'pratique:complete',
  systemId: 'pratique:os:id',
  systemVersion: 'pratique:os:version',
  systemName: 'pratique:os:name',
  foundBy: 'pratique:foundBy',
  ecosystem: 'pratique:ecosystem',
  advisoryName: 'pratique:advisory:name',
  advisoryVersion: 'pratique:advisory:version',
  release: 'pratique:advisory:release',
  location: (index: number, field: 'path' | 'layer') => `pratique:location:${index}:${field}`,
  unreadable: (index: number, field: 'path' | 'layer' | 'reason') => `pratique:unreadable:${index}:${field}`,
} as const;
