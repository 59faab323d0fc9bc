import type { PackageNaming } from '../locked-packages.ts';

/** Names are `group:artifact`. */
export const mavenNaming: PackageNaming = {
  ecosystem: 'Maven',
  purl(name) {
    const colon = name.indexOf(':');
    return { type: 'maven', ...(colon < 1 ? {} : { namespace: name.slice(0, colon) }), name: name.slice(colon + 1) };
  },
};

/**
 * `[1.2]` is 1.2 and nothing else; a range, `1.+` or `latest.release` is chosen when it is built, and pins nothing
 * (https://maven.apache.org/pom.html#dependency-version-requirement-specification).
 */
export function pinnedVersion(text: string | undefined): string {
  const exact = /^\[([^,\])]+)\]$/.exec(text ?? '')?.[1] ?? text ?? '';
  return /[[\](),]|\+$|^(?:latest|release)(?:\.|$)|\$\{/i.test(exact) ? '' : exact.replace(/!!$/, '');
}
