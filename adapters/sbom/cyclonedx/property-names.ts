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
  confidence: 'pratique:confidence',
  ownedBy: 'pratique:ownedBy',
  location: (index: number, field: 'path' | 'layer') => `pratique:location:${index}:${field}`,
  build: (index: number, field: 'name' | 'value' | 'standing' | 'saidBy') => `pratique:build:${index}:${field}`,
  unreadable: (index: number, field: 'path' | 'layer' | 'reason') => `pratique:unreadable:${index}:${field}`,
} as const;
