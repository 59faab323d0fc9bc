/**
 * package-lock.json and npm-shrinkwrap.json, versions 1 to 3, and the hidden lockfile node_modules/.package-lock.json
 * (https://docs.npmjs.com/cli/configuring-npm/package-lock-json).
 */
import { z } from 'zod';
import { CatalogError } from '../catalog-error.ts';
import { originOf, publicAddress, vcsUrl } from '../public-address.ts';
import { bundledPlaces } from './bundled-places.ts';
import { fetchedPackage } from './fetched-package.ts';
import { isNpmName, isTarball } from './package.ts';

/** One entry of a lockfile, whatever its version, at the place where npm puts it. */
export interface LockEntry {
  /** `node_modules/a/node_modules/@s/b`. */
  readonly place: string;
  readonly name: string;
  /** Empty where the lockfile has none. */
  readonly version: string;
  readonly vcsUrl?: string | undefined;
  readonly downloadUrl?: string | undefined;
  readonly integrity?: string;
  readonly licence?: string;
  /** `https://registry.npmjs.org`, where the lockfile keeps addresses. */
  readonly fetchedFrom?: string;
  /** `name@version` of the entry, where its address is another package's: name and version are that one's then. */
  readonly listedAs?: string;
  readonly installScript?: true;
  /** `bundled` for what comes inside of another package's file, and is checked with it. */
  readonly checksum?: 'bundled';
  readonly scope: 'runtime' | 'development' | 'optional';
  /** Names this entry asks for, with the range; npm's own lookup (outwards from `place`) finds which entry answers. */
  readonly requires: Requirements;
}

/** Name to range. Of what is no text, or too long for a range, it is one that nobody understands. */
export type Requirements = ReadonlyMap<string, string>;

export interface ParsedLock {
  readonly entries: readonly LockEntry[];
  /** What the project, and each of its workspaces, asks for itself. Version 1 does not keep it. */
  readonly projects: readonly { readonly place: string; readonly requires: Requirements }[];
}

const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 64;
const MAX_RANGE_LENGTH = 512;
const GIT = /^(?:git[+:]|github:|gitlab:|bitbucket:|gist:)/;

const names = z.record(z.string(), z.unknown()).catch({});
const flags = {
  version: z.string().max(2048).optional(),
  resolved: z.string().max(4096).optional().catch(undefined),
  integrity: z.string().max(4096).optional().catch(undefined),
  dev: z.boolean().optional().catch(undefined),
  optional: z.boolean().optional().catch(undefined),
  devOptional: z.boolean().optional().catch(undefined),
  hasInstallScript: z.boolean().optional().catch(undefined),
  // Versions 2 and 3 call it the first, version 1 the second.
  inBundle: z.boolean().optional().catch(undefined),
  bundled: z.boolean().optional().catch(undefined),
};
const packageSchema = z.object({
  ...flags,
  name: z.string().optional(),
  link: z.boolean().optional(),
  license: z.unknown().optional(),
  dependencies: names.optional(),
  optionalDependencies: names.optional(),
  peerDependencies: names.optional(),
  /** Of the project itself. */
  devDependencies: names.optional(),
});
const legacySchema = z.object({
  ...flags,
  requires: names.optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
});
const lockSchema = z.object({
  lockfileVersion: z.number().int().optional(),
  packages: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
});

/** Throws a CatalogError where the text is no lockfile, or of a version npm has not made yet. */
export function parsePackageLock(json: unknown): ParsedLock {
  const lock = check(lockSchema, json, 'the lockfile');
  const version = lock.lockfileVersion ?? 1;
  if (version < 1 || version > 3)
    throw new CatalogError('UNSUPPORTED_VERSION', `lockfileVersion ${version}: versions 1 to 3 are read`);
  const parsed =
    lock.packages === undefined
      ? { entries: legacyEntries(lock.dependencies ?? {}), projects: [] }
      : packageEntries(lock.packages);
  if (lock.packages === undefined && version > 1)
    throw new CatalogError('UNEXPECTED_SHAPE', `lockfileVersion ${version} without "packages"`);
  const flagged = parsed.entries.filter(({ checksum }) => checksum !== undefined).map(({ place }) => place);
  const bundled = bundledPlaces(parsed.entries, new Set(flagged));
  return { ...parsed, entries: parsed.entries.map((entry) => (bundled.has(entry.place) ? entry : unbundled(entry))) };
}

function unbundled({ checksum: _, ...entry }: LockEntry): LockEntry {
  return entry;
}

function packageEntries(packages: Readonly<Record<string, unknown>>): ParsedLock {
  const places = Object.keys(packages);
  tooMany(places.length);
  const projects: ParsedLock['projects'][number][] = [];
  const entries = places.flatMap((place) => {
    // Places outside node_modules are the project itself and its workspaces; links point at them.
    const inside = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place)?.[1];
    if (inside === undefined) {
      const own = packageSchema.safeParse(packages[place]);
      if (own.success) projects.push({ place, requires: requirementsOf(own.data, own.data.devDependencies) });
      return [];
    }
    const entry = check(packageSchema, packages[place], 'an entry of "packages"');
    if (entry.link === true) return [];
    return toEntry(place, entry.name ?? inside, entry, {
      requires: requirementsOf(entry),
      ...(typeof entry.license === 'string' ? { licence: entry.license } : {}),
    });
  });
  return { entries, projects };
}

function requirementsOf(entry: z.infer<typeof packageSchema>, more: Readonly<Record<string, unknown>> = {}) {
  return toRequirements({ ...entry.peerDependencies, ...entry.optionalDependencies, ...entry.dependencies, ...more });
}

function toRequirements(ranges: Readonly<Record<string, unknown>>): Requirements {
  return new Map(
    Object.entries(ranges).map(([name, range]) => [
      name,
      typeof range === 'string' && range.length <= MAX_RANGE_LENGTH ? range : '?',
    ]),
  );
}

/** Version 1 nests: what `a` has of its own stands in `a`'s `dependencies`. */
function legacyEntries(root: Readonly<Record<string, unknown>>): LockEntry[] {
  const entries: LockEntry[] = [];
  const pending = [{ inside: '', tree: root, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > MAX_DEPTH) throw new CatalogError('TOO_MANY', `nested more than ${MAX_DEPTH} deep`);
    for (const [name, value] of Object.entries(next.tree)) {
      const entry = check(legacySchema, value, 'an entry of "dependencies"');
      const place = `${next.inside}node_modules/${name}`;
      entries.push(...toEntry(place, name, entry, { requires: toRequirements(entry.requires ?? {}) }));
      tooMany(entries.length);
      if (entry.dependencies !== undefined)
        pending.push({ inside: `${place}/`, tree: entry.dependencies, depth: next.depth + 1 });
    }
  }
  return entries;
}

interface Flags {
  readonly version?: string | undefined;
  readonly resolved?: string | undefined;
  readonly integrity?: string | undefined;
  readonly dev?: boolean | undefined;
  readonly optional?: boolean | undefined;
  readonly devOptional?: boolean | undefined;
  readonly hasInstallScript?: boolean | undefined;
  readonly inBundle?: boolean | undefined;
  readonly bundled?: boolean | undefined;
}

/** None for what has no version (a bundled folder) or is a folder beside the lockfile. */
function toEntry(
  place: string,
  listedName: string,
  flags: Flags,
  more: { readonly requires: Requirements; readonly licence?: string },
): LockEntry[] {
  const alias = /^npm:((?:@[^/]+\/)?[^@]+)@(.+)$/.exec(flags.version ?? '');
  const name = alias?.[1] ?? listedName;
  const written = alias?.[2] ?? flags.version;
  if (written === undefined || (written.startsWith('file:') && !isTarball(written))) return [];
  const version = written.startsWith('file:') ? packedVersion(name, written) : written;
  if (!isNpmName(name)) {
    const why = /[^\x20-\x7e]/.test(name)
      ? ': letters that only look like those of another one, or others beyond ASCII'
      : '';
    throw new CatalogError('UNEXPECTED_SHAPE', `an entry with a name npm does not allow${why}`);
  }
  const git = [version, flags.resolved ?? ''].find((text) => GIT.test(text))?.split('#', 2);
  const origin = originOf(flags.resolved);
  return [
    {
      place,
      ...(isLocator(version)
        ? { name, ...(git === undefined ? fromAddress(name, version) : { version: git[1] ?? '' }) }
        : fetchedPackage({ name, version }, flags.resolved)),
      ...(git === undefined ? {} : { vcsUrl: vcsUrl(git[0] ?? '', git[1]) }),
      ...(flags.integrity === undefined ? {} : { integrity: flags.integrity }),
      ...(git === undefined && origin !== undefined ? { fetchedFrom: origin } : {}),
      ...(flags.hasInstallScript === true ? { installScript: true as const } : {}),
      ...(flags.inBundle === true || flags.bundled === true ? { checksum: 'bundled' as const } : {}),
      scope: scopeOf(flags),
      ...more,
    },
  ];
}

/** An archive at an address of its own, which may have a user, a password or a token. */
function fromAddress(name: string, address: string): Pick<LockEntry, 'version' | 'downloadUrl'> {
  const downloadUrl = publicAddress(address);
  return { version: packedVersion(name, downloadUrl ?? ''), downloadUrl };
}

/** Of an archive, version 1 has the file alone, which `npm pack` names after both: `@s/a` of 1.0.0 is `s-a-1.0.0.tgz`. */
function packedVersion(name: string, file: string): string {
  const packed = `${name.replace(/^@/, '').replace('/', '-')}-`;
  const base = /[^:/]+$/.exec(file)?.[0] ?? '';
  return base.startsWith(packed) ? (/^(\d.*)\.(?:tgz|tar\.gz)$/.exec(base.slice(packed.length))?.[1] ?? '') : '';
}

/** Version 1 puts the address of a package that is from no registry where its version should be. */
function isLocator(version: string): boolean {
  return /^[a-z+]+:/i.test(version);
}

function scopeOf(flags: Flags): LockEntry['scope'] {
  if (flags.dev === true) return 'development';
  return flags.optional === true || flags.devOptional === true ? 'optional' : 'runtime';
}

function tooMany(count: number): void {
  if (count > MAX_ENTRIES) throw new CatalogError('TOO_MANY', `more than ${MAX_ENTRIES} entries`);
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const place = result.error.issues[0]?.path.join('.') ?? '';
  throw new CatalogError('UNEXPECTED_SHAPE', `${what} is not as npm writes it${place === '' ? '' : ` (at ${place})`}`);
}
