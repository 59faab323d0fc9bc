/** Names of our own properties in CycloneDX documents: written and read in one spelling. */
export const propertyNames = {
  /** Facts of a component: `pratique:foundBy`. */
  prefix: 'pratique:',
  complete: 'pratique:complete',
  systemId: 'pratique:os:id',
  systemVersion: 'pratique:os:version',
  systemName: 'pratique:os:name',
  location: (index: number, field: 'path' | 'layer') => `pratique:location:${index}:${field}`,
  build: (index: number, field: 'name' | 'value' | 'standing' | 'saidBy') => `pratique:build:${index}:${field}`,
  note: (index: number, field: 'path' | 'layer' | 'reason') => `pratique:note:${index}:${field}`,
  unreadable: (index: number, field: 'path' | 'layer' | 'reason') => `pratique:unreadable:${index}:${field}`,
} as const;
