/** One package inside an artifact: what catalogers find, SBOMs list, and advisories match. */
import type { Digest } from '../artifact/digest.ts';

/**
 * Ecosystem names as OSV writes them (https://ossf.github.io/osv-schema/#defined-ecosystems); `generic` is everything
 * OSV has no name for.
 */
export const ecosystems = [
  'npm',
  'PyPI',
  'Maven',
  'Go',
  'crates.io',
  'RubyGems',
  'NuGet',
  'Packagist',
  'Hex',
  'Pub',
  'CRAN',
  'SwiftURL',
  'GitHub Actions',
  'Debian',
  'Ubuntu',
  'Alpine',
  'Wolfi',
  'Chainguard',
  'Red Hat',
  'Rocky Linux',
  'AlmaLinux',
  'openSUSE',
  'SUSE',
  'generic',
] as const;
export type Ecosystem = (typeof ecosystems)[number];

export type LicenceClaim =
  | { readonly kind: 'expression'; readonly expression: string } // valid SPDX
  | { readonly kind: 'unresolved'; readonly text: string }; // what the source says, not understood

export interface FileHash {
  readonly algorithm: 'MD5' | 'SHA-1' | 'SHA-256' | 'SHA-512';
  /** Lower-case hex. */
  readonly value: string;
}

/** What a lockfile checks a package by. */
export interface LockedHashes {
  /** Of the lockfile. */
  readonly path: string;
  /** `SHA-512:<hex>`, or the checksum of its own tool; sorted, and empty where it has none. */
  readonly values: readonly string[];
}

/** A range of versions that somebody asks for, as the package manager writes it: `^1.2.0`, `>=1.0,<2.0`. */
export interface AskedRange {
  /** The purl of who asks; absent for the project itself. */
  readonly by?: string | undefined;
  readonly range: string;
}

/** Where a component was found. `layer` is the diff-id in an image; absent for directories and archives. */
export interface Location {
  readonly path: string;
  readonly layer?: Digest;
}

export interface Component {
  /** Canonical package URL, with qualifiers such as `arch` and `distro` where the ecosystem has them. */
  readonly purl: string;
  readonly ecosystem: Ecosystem;
  /** The name advisories use: `@scope/name`, `group:artifact`, the Debian *source* package, the Go module path. */
  readonly advisoryName: string;
  readonly name: string;
  readonly version: string;
  /** The version advisories compare: the Debian *source* version; else the same as `version`. */
  readonly advisoryVersion: string;
  /**
   * The release of the ecosystem as OSV names it after the first colon: `12` of `Debian:12`, `24.04:LTS` of
   * `Ubuntu:24.04:LTS`, `enterprise_linux:9` of `Red Hat:enterprise_linux:9::baseos`; Alpine's without its `v`.
   */
  readonly release?: string;
  readonly licences: readonly LicenceClaim[];
  readonly hashes: readonly FileHash[];
  readonly supplier?: string;
  /** `purl`s this one depends on, where the source says so and they are in the same stock. */
  readonly dependsOn: readonly string[];
  /** Which versions of it the others and the project ask for, where a lockfile keeps that. Not part of an SBOM. */
  readonly askedFor?: readonly AskedRange[];
  readonly scope: 'runtime' | 'development' | 'optional';
  readonly locations: readonly Location[];
  /**
   * Where lockfiles say it is fetched from, or may be, sorted: `https://registry.npmjs.org`, without path and credentials; of
   * Composer's the repository too, `https://github.com/owner/name`.
   */
  readonly fetchedFrom?: readonly string[];
  /**
   * What a lockfile calls it, `name@version`, where the address it is fetched from is that of this other package; of Go, what
   * it replaces.
   */
  readonly listedAs?: string;
  /** How firmly an action or an image is named: tags and branches can be moved. */
  readonly pin?: 'digest' | 'tag' | 'branch';
  /**
   * What its own tool checks it by, where that is no hash of a file: `h1:…` of Go, the cache's checksum of yarn, the
   * commit of Composer and Swift, `bundled` of npm for what comes inside of another package's file.
   */
  readonly checksum?: string;
  /** What each lockfile checks it by, where they differ or one has several hashes of a kind. Not part of an SBOM. */
  readonly lockedHashes?: readonly LockedHashes[];
  /** Set where a lockfile says that installing it runs commands of its own. */
  readonly installScript?: true;
  /**
   * Set where it lies inside another package that brought it and has to be updated for it: vendored by a Python
   * distribution, shaded into a jar. Package managers do not list such ones.
   */
  readonly bundled?: true;
  /** Of an index of images as a whole: the platforms it is found on, `os/arch[/variant]`, sorted. */
  readonly platforms?: readonly string[];
  /** The cataloger that found it: `dpkg`, `node-modules`, `npm-lockfile`, `python-dist-info`, `java-archive`, … */
  readonly foundBy: string;
  /**
   * From 0 to 1, as CycloneDX's `evidence.identity.confidence`: how sure it is that this is the package it is named as.
   * Absent where a package manager, a lockfile or the package itself says so.
   */
  readonly confidence?: number;
  /** The purl of the operating system's package that installed its files, which answers for its updates. */
  readonly ownedBy?: string;
}

/** A file that should have been read and could not be: reported with its place, never dropped. */
export interface Unreadable {
  readonly path: string;
  readonly layer?: Digest;
  readonly reason: string;
}

/** Name, version and family of the operating system, from os-release(5). */
export interface OperatingSystem {
  readonly id: string;
  readonly versionId?: string;
  readonly name?: string;
}

/** What was found in one artifact for one platform, in canonical order (by purl, then first path). */
export interface Stock {
  readonly components: readonly Component[];
  readonly unreadable: readonly Unreadable[];
  /** What is odd, or adds detail (licences, which files belong to a package) and could not be read: no component is missing. */
  readonly notes?: readonly Unreadable[];
  readonly operatingSystem?: OperatingSystem;
  /** False where a limit or an unreadable layer means that components may be missing: gates then say `unknown`. */
  readonly complete: boolean;
}
