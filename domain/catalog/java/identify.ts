/** Which Maven artifacts a Java archive holds: from pom.properties, else from its manifest and its name. */
import { knownGroup } from './known-groups.ts';
import { parseManifest } from './parse-manifest.ts';
import { parseProperties } from './parse-properties.ts';

/** Maven coordinates; `group` is absent where nothing in the archive tells it. */
export interface JavaIdentity {
  readonly group?: string;
  readonly artifact: string;
  readonly version: string;
  /** False for artifacts that were shaded into the archive: its hashes are not theirs. */
  readonly main: boolean;
  /** Set where it follows from names and the manifest, and the archive does not say it itself. */
  readonly guessed?: true;
}

const COORDINATE = /^[A-Za-z0-9_.+-]{1,255}$/;
const REVERSE_DOMAIN = /^[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+$/i;

/** `commons-lang3-3.12.0.jar` gives `commons-lang3` and `3.12.0`. The version begins at the first `-` before a digit. */
export function splitArchiveName(path: string): { readonly artifact: string; readonly version?: string } {
  const base = (path.split('/').at(-1) ?? path).replace(/\.[a-z]+$/i, '');
  const match = /^(.+?)-(\d[A-Za-z0-9_.+-]*)$/.exec(base);
  return match?.[1] !== undefined && match[2] !== undefined
    ? { artifact: match[1], version: match[2] }
    : { artifact: base };
}

/** `poms` are the texts of META-INF/maven/...pom.properties. An archive without a version anywhere has no identity. */
export function identify(path: string, poms: readonly string[], manifest: string | undefined): JavaIdentity[] {
  const named = splitArchiveName(path);
  const fromPoms = poms.flatMap((text) => {
    const values = parseProperties(text);
    const [group, artifact, version] = ['groupId', 'artifactId', 'version'].map((key) => values.get(key));
    return isCoordinate(group) && isCoordinate(artifact) && isCoordinate(version) ? [{ group, artifact, version }] : [];
  });
  const main = fromPoms.length === 1 ? fromPoms[0] : fromPoms.find((one) => one.artifact === named.artifact);
  const others = fromPoms.filter((one) => one !== main).map((one) => ({ ...one, main: false }));
  if (main !== undefined) return [{ ...main, main: true }, ...others];
  const guess = fromManifest(named, manifest === undefined ? new Map() : parseManifest(manifest));
  return guess === undefined ? others : [guess, ...others];
}

function fromManifest(
  named: { readonly artifact: string; readonly version?: string },
  manifest: ReadonlyMap<string, string>,
): JavaIdentity | undefined {
  const bundle = manifest.get('bundle-symbolicname')?.split(';', 1)[0]?.trim();
  const version =
    named.version ??
    manifest.get('implementation-version') ??
    manifest.get('bundle-version') ??
    manifest.get('specification-version');
  if (!isCoordinate(version) || !isCoordinate(named.artifact)) return undefined;
  const group = [
    knownGroup(named.artifact),
    manifest.get('implementation-vendor-id'),
    groupOf(bundle, named.artifact),
    manifest.get('group-id'),
  ].find((text) => text !== undefined && REVERSE_DOMAIN.test(text));
  return { ...(group === undefined ? {} : { group }), artifact: named.artifact, version, main: true, guessed: true };
}

/** `org.slf4j.api` beside `slf4j-api`: bundles are named group.artifact, or group alone, by no firm rule. */
function groupOf(bundle: string | undefined, artifact: string): string | undefined {
  if (bundle === undefined) return undefined;
  const tail = `.${artifact}`;
  return bundle.endsWith(tail) ? bundle.slice(0, -tail.length) : bundle;
}

function isCoordinate(text: string | undefined): text is string {
  return text !== undefined && COORDINATE.test(text);
}
