/** What the operating system's files say about all others: which system it is, and whose files they are. */
import type { LicenceClaim, OperatingSystem } from '../../sbom/component.ts';
import type { EffectiveFile } from '../effective-files.ts';
import type { PackageManager, SystemPackage } from '../layer-findings.ts';
import { osReleasePaths } from '../os-release/cataloger.ts';
import { mergedPath } from './owned-files.ts';

export interface SystemContext {
  readonly system: OperatingSystem | undefined;
  /** Debian package to the licences of its copyright file. */
  readonly licences: ReadonlyMap<string, readonly LicenceClaim[]>;
  /** Debian package to its files. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** `dpkg name` to the purl of a package that provides the virtual name; filled as packages are placed. */
  readonly provides: Map<string, string>;
  /** Path as `mergedPath` gives it to the purl of the package it belongs to; filled as packages are placed. */
  readonly owners: Map<string, string>;
}

export function systemContext(files: ReadonlyMap<string, EffectiveFile>): SystemContext {
  const licences = new Map<string, readonly LicenceClaim[]>();
  const owned = new Map<string, readonly string[]>();
  for (const { facts } of files.values()) {
    if (facts.kind === 'dpkg-licences') licences.set(facts.package, facts.licences);
    if (facts.kind === 'owned-files') owned.set(facts.package, facts.files);
  }
  return { system: operatingSystemOf(files), licences, files: owned, provides: new Map(), owners: new Map() };
}

/** Notes what an installed package provides and owns. */
export function recordPackage(
  context: SystemContext,
  found: SystemPackage,
  purl: string,
  manager: PackageManager,
): void {
  for (const virtual of found.provides) {
    const key = `${manager} ${virtual}`;
    if (!context.provides.has(key)) context.provides.set(key, purl);
  }
  const listed = manager === 'dpkg' ? (context.files.get(found.name) ?? []) : found.files;
  for (const path of listed) context.owners.set(mergedPath(path), purl);
}

export function ownerOf(context: SystemContext, path: string): string | undefined {
  return context.owners.get(mergedPath(path));
}

function operatingSystemOf(files: ReadonlyMap<string, EffectiveFile>): OperatingSystem | undefined {
  for (const path of osReleasePaths) {
    const facts = files.get(path)?.facts;
    if (facts?.kind === 'operating-system') {
      const { id, versionId, name } = facts.operatingSystem;
      return { id, ...(versionId === undefined ? {} : { versionId }), ...(name === undefined ? {} : { name }) };
    }
  }
  return undefined;
}
