/** Which Maven artifacts a Java archive holds: from its poms, else from its manifest, its packages and its name. */
import type { LicenceClaim } from '../../sbom/component.ts';
import { type ArchivedPom, isCoordinate } from './archived-poms.ts';
import { guessGroup } from './guess-group.ts';

/** Maven coordinates; `group` is absent where nothing in the archive tells it. */
export interface JavaIdentity {
  readonly group?: string;
  readonly artifact: string;
  readonly version: string;
  /** False for artifacts that were shaded into the archive: its hashes are not theirs. */
  readonly main: boolean;
  /** Set where it follows from names and the manifest, and the archive does not say it itself. */
  readonly guessed?: true;
  /** As its pom says. */
  readonly licences: readonly LicenceClaim[];
  /** `group:artifact` of what it needs to run. */
  readonly requires: readonly string[];
}

/** What an archive says of itself. */
export interface ArchiveWords {
  readonly path: string;
  readonly poms: readonly ArchivedPom[];
  /** The main section of the manifest, by names in lower case; empty where there is none. */
  readonly manifest: ReadonlyMap<string, string>;
  /** Folders of its classes. */
  readonly packages: readonly string[];
}

/** `io.micrometer#micrometer-core;1.13.8`: what Netflix's plugins of Gradle write. */
const NEBULA_TITLE = /^([\w.-]+)#([\w.-]+);([\w.+-]+)$/;

/** `commons-lang3-3.12.0.jar` gives `commons-lang3` and `3.12.0`. The version begins at the first `-` before a digit. */
export function splitArchiveName(path: string): { readonly artifact: string; readonly version?: string } {
  const base = baseName(path);
  const match = /^(.+?)-(\d[A-Za-z0-9_.+-]*)$/.exec(base);
  return match?.[1] !== undefined && match[2] !== undefined
    ? { artifact: match[1], version: match[2] }
    : { artifact: base };
}

function baseName(path: string): string {
  return (path.split('/').at(-1) ?? path).replace(/\.[a-z]+$/i, '');
}

/** The archive itself first. One without a version anywhere has no identity. */
export function identify(archive: ArchiveWords): JavaIdentity[] {
  const { poms } = archive;
  const named = splitArchiveName(archive.path);
  const main = mainOf(poms, archive.path);
  const others = poms.filter((one) => one !== main).map((one) => ({ ...one, main: false }));
  if (main !== undefined) return [{ ...main, version: releasedVersion(main, archive.path), main: true }, ...others];
  const guess = fromManifest(named, archive);
  return guess === undefined ? others : [guess, ...others];
}

/**
 * An archive that only holds others' poms is named after none of them. The only pom of an archive is its own as well where
 * the file was renamed; not where the name has another artifact and another version: then it is what was shaded.
 */
function mainOf(poms: readonly ArchivedPom[], path: string): ArchivedPom | undefined {
  const base = baseName(path);
  const same = poms.filter(({ artifact }) => isCalled(base, artifact));
  const named = same.find(({ artifact, version }) => base === `${artifact}-${version}`) ?? same[0];
  const [only, ...more] = poms;
  if (named !== undefined || only === undefined || more.length > 0) return named;
  const { version } = splitArchiveName(path);
  return version === undefined || base.endsWith(`-${only.version}`) ? only : undefined;
}

/** `mssql-jdbc-12.4.2.jre11` has a pom of 12.4.2 inside: the part after the dot is of the version, as a classifier never is. */
function releasedVersion({ artifact, version }: ArchivedPom, path: string): string {
  const base = baseName(path);
  const more = base.startsWith(`${artifact}-${version}.`) ? base.slice(`${artifact}-${version}`.length) : '';
  return /^\.jre\d+$/.test(more) ? version + more : version;
}

/** `log4j-1.2-api-2.17.1` beside `log4j-1.2-api`: names of artifacts have versions in them, too. */
function isCalled(base: string, artifact: string): boolean {
  return base === artifact || (base.startsWith(`${artifact}-`) && /\d/.test(base.charAt(artifact.length + 1)));
}

function fromManifest(
  named: { readonly artifact: string; readonly version?: string },
  { manifest, packages }: ArchiveWords,
): JavaIdentity | undefined {
  const nothing = { main: true, licences: [], requires: [] };
  const [, group, artifact, exact] = NEBULA_TITLE.exec(manifest.get('implementation-title') ?? '') ?? [];
  if (isCoordinate(group) && isCoordinate(exact) && artifact === named.artifact)
    return { group, artifact, version: exact, ...nothing };
  const version =
    named.version ??
    manifest.get('implementation-version') ??
    manifest.get('bundle-version') ??
    manifest.get('specification-version');
  if (!isCoordinate(version) || !isCoordinate(named.artifact)) return undefined;
  const guessed = guessGroup({ artifact: named.artifact, version, manifest, packages });
  return {
    ...(guessed === undefined ? {} : { group: guessed }),
    artifact: named.artifact,
    version,
    guessed: true,
    ...nothing,
  };
}
