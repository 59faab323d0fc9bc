/**
 * What catalogers found in one layer, before layers are put on top of each other. Plain JSON: it is cached by layer.
 * Facts that need a context from other layers (the distribution of a dpkg package) are kept raw until composition.
 */
import { z } from 'zod';
import { digestSchema } from '../artifact/digest.ts';
import { ecosystems } from '../sbom/component.ts';
import { manifestSchema } from './manifest.ts';

/** Raised by hand whenever a cataloger finds, names or leaves out something it did not before: caches are keyed by it. */
export const CATALOG_VERSION = '25';

const licenceClaimSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('expression'), expression: z.string() }),
  z.object({ kind: z.literal('unresolved'), text: z.string() }),
]);

export const foundComponentSchema = z.object({
  purl: z.string(),
  ecosystem: z.enum(ecosystems),
  advisoryName: z.string(),
  name: z.string(),
  version: z.string(),
  advisoryVersion: z.string(),
  release: z.string().optional(),
  licences: z.array(licenceClaimSchema),
  hashes: z.array(z.object({ algorithm: z.enum(['MD5', 'SHA-1', 'SHA-256', 'SHA-512']), value: z.string() })),
  /** Set where the hashes are of files that the lockfile does not name: of several of a kind none is the component's. */
  unnamedFiles: z.literal(true).optional(),
  supplier: z.string().optional(),
  /** purls this one depends on, where the file itself says which. */
  dependsOn: z.array(z.string()),
  /** Versions of it that others in the file ask for: their purl, none for the project itself, and the range. */
  askedFor: z.array(z.object({ by: z.string().optional(), range: z.string() })).optional(),
  /** Names this one asks for, to be resolved among the neighbours once all of them are known. */
  requires: z.array(z.string()),
  /** Absent where the source says nothing about it. */
  scope: z.enum(['runtime', 'development', 'optional']).optional(),
  /** Set where a lockfile or a manifest names it, rather than something installed. */
  declared: z.literal(true).optional(),
  /** Where the file says it is fetched from, see Component. Empty where that is an index, and none is named. */
  fetchedFrom: z.array(z.string()).optional(),
  /** `name@version` that a lockfile has beside the address of this one, which is another package's; of Go, what it replaces. */
  listedAs: z.string().optional(),
  /** How firmly an action or an image is named: tags and branches can be moved. */
  pin: z.enum(['digest', 'tag', 'branch']).optional(),
  /**
   * What its own tool checks it by, where that is no hash of a file: `h1:…` of Go, the cache's checksum of yarn, the
   * commit of Composer and Swift, `bundled` of npm for what comes inside of another package's file.
   */
  checksum: z.string().optional(),
  /** Set where the file says that installing it runs commands of its own. */
  installScript: z.literal(true).optional(),
  /** Set where it lies inside another package, which brought it: vendored, shaded. */
  bundled: z.literal(true).optional(),
  /**
   * Of npm's lockfile, for what is from no registry: the folder it is installed in, `node_modules/a`, from that of the
   * lockfile's project.
   */
  place: z.string().optional(),
  /** The place inside an archive, `BOOT-INF/lib/a.jar`. */
  inside: z.string().optional(),
  foundBy: z.string(),
  /** From 0 to 1; absent where the source leaves no doubt. */
  confidence: z.number().min(0).max(1).optional(),
});
/** One package as one file tells of it. */
export type FoundComponent = z.infer<typeof foundComponentSchema>;

const systemPackageSchema = z.object({
  name: z.string(),
  /** Without its epoch in rpm; in dpkg the epoch is part of it. */
  version: z.string(),
  epoch: z.int().optional(),
  architecture: z.string().optional(),
  source: z.string(),
  sourceVersion: z.string(),
  /** The source package as the database writes it, where a purl repeats that: `bash-5.1.8-6.el9.src.rpm`. */
  sourceFile: z.string().optional(),
  supplier: z.string().optional(),
  licences: z.array(licenceClaimSchema),
  /** One element a dependency; alternatives stand apart by `|`. Names only. */
  depends: z.array(z.string()),
  provides: z.array(z.string()),
  /** Of its files, those that other catalogers may find a package in. Paths from the root. */
  files: z.array(z.string()),
});
/** One installed package of an operating system's database. */
export type SystemPackage = z.infer<typeof systemPackageSchema>;

export const packageManagers = ['dpkg', 'apk', 'rpm'] as const;
export type PackageManager = (typeof packageManagers)[number];

const operatingSystemSchema = z.object({
  id: z.string(),
  versionId: z.string().optional(),
  name: z.string().optional(),
});

const fileFactsSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('components'),
    components: z.array(foundComponentSchema),
    /** Places inside an archive that could not be read; of an executable, what is wrong with the file itself. */
    unreadable: z.array(z.object({ inside: z.string().optional(), reason: z.string() })).optional(),
    /** Files of the same tree that this one takes in, by their path: without one of them components are missing. */
    names: z.array(z.string()).optional(),
    /** Origins that packages of files it takes in, and of those that take it in, may be fetched from too. */
    indexes: z.array(z.string()).optional(),
  }),
  z.object({
    kind: z.literal('system-packages'),
    manager: z.enum(packageManagers),
    packages: z.array(systemPackageSchema),
  }),
  /** Files of one package of a database that keeps their list apart. */
  z.object({ kind: z.literal('owned-files'), package: z.string(), files: z.array(z.string()) }),
  z.object({ kind: z.literal('dpkg-licences'), package: z.string(), licences: z.array(licenceClaimSchema) }),
  z.object({ kind: z.literal('operating-system'), operatingSystem: operatingSystemSchema }),
  /** One that other files of the same tree make whole. */
  z.object({ kind: z.literal('manifest'), manifest: manifestSchema }),
  /** Says that its folder is a package somebody copied into the tree. */
  z.object({ kind: z.literal('vendored') }),
  /** A symbolic link where a file was wanted; `target` is a path from the root. */
  z.object({ kind: z.literal('link'), target: z.string() }),
  z.object({ kind: z.literal('unreadable'), reason: z.string() }),
]);
/** What one file says. */
export type FileFacts = z.infer<typeof fileFactsSchema>;

const fileFindingSchema = z.object({ path: z.string(), facts: fileFactsSchema });
export type FileFinding = z.infer<typeof fileFindingSchema>;

/** For what comes back from a cache: a corrupt entry is a miss. */
export const layerFindingsSchema = z.object({
  /** Of the uncompressed bytes; absent for a directory or an archive that is no layer. */
  diffId: digestSchema.optional(),
  files: z.array(fileFindingSchema),
  /**
   * Files that say nothing, and links, where lower layers may have one that does, or a folder of that name: what they have
   * there, and below, is replaced all the same.
   */
  silent: z.array(z.string()).optional(),
  /** Folders where lower layers may have a file: it is replaced. Only where no file of this layer tells. */
  directories: z.array(z.string()).optional(),
  /** Paths of lower layers this one removes, with everything beneath them. */
  whiteouts: z.array(z.string()),
  /** Directories whose content in lower layers is hidden. `` is the root. */
  opaqueDirectories: z.array(z.string()),
  /** What is odd about the layer, and takes no component from it: where, and what. */
  notes: z.array(z.object({ path: z.string(), reason: z.string() })).optional(),
  /** Set where the layer could not be read to its end: what is here is not all there is. Such findings are not cached. */
  failure: z.object({ code: z.string(), reason: z.string() }).optional(),
});
export type LayerFindings = z.infer<typeof layerFindingsSchema>;
