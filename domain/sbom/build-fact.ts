/** How an artifact was made, as far as somebody says so. */

import { withoutCredentials } from '../catalog/public-address.ts';

/** `base-image` is a reference, `base-digest` the digest it stood for. `source` is a repository's URL. */
export const buildFactNames = [
  'commit',
  'source',
  'builder',
  'toolchain',
  'signer',
  'base-image',
  'base-digest',
] as const;
export type BuildFactName = (typeof buildFactNames)[number];

export interface BuildFact {
  readonly name: BuildFactName;
  readonly value: string;
  /** `verified`: a signature of a trusted signer stands behind it. `claimed`: whoever made the artifact wrote it into it. */
  readonly standing: 'claimed' | 'verified';
  /** Where it is from: `label org.opencontainers.image.revision`, `provenance`. */
  readonly saidBy: string;
}

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys */
const labels: Readonly<Record<string, BuildFactName>> = {
  'org.opencontainers.image.revision': 'commit',
  'org.opencontainers.image.source': 'source',
  'org.opencontainers.image.base.name': 'base-image',
  'org.opencontainers.image.base.digest': 'base-digest',
};
const MAX_VALUE_LENGTH = 1000;

/** What labels of an image configuration, or annotations of a manifest, claim. `kind` says which of them they are. */
export function labelFacts(kind: 'label' | 'annotation', said: Readonly<Record<string, string>>): BuildFact[] {
  return Object.entries(labels).flatMap(([label, name]) => {
    const value = Object.hasOwn(said, label) ? said[label]?.trim() : undefined;
    if (value === undefined || value === '' || value.length > MAX_VALUE_LENGTH) return [];
    return [{ name, value: withoutCredentials(value), standing: 'claimed' as const, saidBy: `${kind} ${label}` }];
  });
}
