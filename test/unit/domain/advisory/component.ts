import type { Component, Ecosystem } from '../../../../domain/sbom/component.ts';

/** A component as catalogers make them, with what a test says about it. */
export function component(
  ecosystem: Ecosystem,
  name: string,
  version: string,
  more: Partial<Component> = {},
): Component {
  return {
    purl: `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(version)}`,
    ecosystem,
    advisoryName: name,
    name,
    version,
    advisoryVersion: version,
    licences: [],
    hashes: [],
    dependsOn: [],
    scope: 'runtime',
    locations: [{ path: '/app' }],
    foundBy: 'test',
    ...more,
  };
}
