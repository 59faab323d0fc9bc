/** A Java archive, or an artifact shaded into one, as a component. */
import type { FileHash, LicenceClaim } from '../../sbom/component.ts';
import { createPurl } from '../../sbom/purl.ts';
import type { FoundComponent } from '../layer-findings.ts';
import type { JavaIdentity } from './identify.ts';

/** A name and a manifest are right about nearly all archives, and anybody may write them. */
const GUESS_CONFIDENCE = 0.8;

/** `bundled` are the licences its manifest names, for where no pom does. Without a group there are no Maven coordinates to match advisories with: such an archive is `generic`. */
export function toJavaComponent(
  identity: JavaIdentity,
  hashes: readonly FileHash[],
  bundled: readonly LicenceClaim[],
): FoundComponent {
  const { group, artifact, version } = identity;
  const name = group === undefined ? artifact : `${group}:${artifact}`;
  return {
    purl: createPurl({
      type: group === undefined ? 'generic' : 'maven',
      ...(group === undefined ? {} : { namespace: group }),
      name: artifact,
      version,
    }),
    ecosystem: group === undefined ? 'generic' : 'Maven',
    advisoryName: name,
    name,
    version,
    advisoryVersion: version,
    licences: [...(identity.licences.length === 0 && identity.main ? bundled : identity.licences)],
    hashes: identity.main ? [...hashes] : [],
    dependsOn: [],
    requires: [...identity.requires],
    ...(identity.main ? {} : { bundled: true }),
    foundBy: 'java-archive',
    ...(identity.guessed === undefined ? {} : { confidence: GUESS_CONFIDENCE }),
  };
}
