/** An installed Python distribution as a component. */
import type { LicenceClaim } from '../../sbom/component.ts';
import { createPurl } from '../../sbom/purl.ts';
import type { FoundComponent } from '../layer-findings.ts';
import { normaliseName } from './parse-metadata.ts';

export function toPythonComponent(found: {
  readonly name: string;
  readonly version: string;
  readonly licences: readonly LicenceClaim[];
  readonly requires: readonly string[];
}): FoundComponent {
  return {
    purl: createPurl({ type: 'pypi', name: normaliseName(found.name), version: found.version }),
    ecosystem: 'PyPI',
    advisoryName: normaliseName(found.name),
    name: found.name,
    version: found.version,
    advisoryVersion: found.version,
    licences: [...found.licences],
    hashes: [],
    dependsOn: [],
    requires: [...found.requires],
    foundBy: 'python-dist-info',
  };
}
