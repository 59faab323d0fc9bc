/** Runs an archive cataloger over a zip file and the archives inside it. */
import { createHash } from 'node:crypto';
import type { ArchiveCataloger } from '../../domain/catalog/cataloger.ts';
import type { FileFacts, FoundComponent } from '../../domain/catalog/layer-findings.ts';
import type { FileHash } from '../../domain/sbom/component.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import type { ArchiveLimits } from '../archive/archive-limits.ts';
import { createZipBudget, readZip, type ZipBudget } from '../archive/read-zip.ts';

interface Found {
  readonly components: FoundComponent[];
  readonly unreadable: { inside?: string; reason: string }[];
}

/** Throws an ArchiveError where nothing of the outer archive can be read; an inner one that can not, or what is damaged of one, is told with its place. */
export function catalogArchive(
  cataloger: ArchiveCataloger,
  path: string,
  bytes: Uint8Array,
  limits: ArchiveLimits,
): FileFacts {
  const found: Found = { components: [], unreadable: [] };
  visit(cataloger, { path, bytes, inside: undefined, depth: 0 }, { limits, budget: createZipBudget(limits), found });
  return {
    kind: 'components',
    components: found.components,
    ...(found.unreadable.length === 0 ? {} : { unreadable: found.unreadable }),
  };
}

interface Archive {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly inside: string | undefined;
  readonly depth: number;
}

interface Visit {
  readonly limits: ArchiveLimits;
  readonly budget: ZipBudget;
  readonly found: Found;
}

function visit(cataloger: ArchiveCataloger, archive: Archive, state: Visit): void {
  const { limits, budget, found } = state;
  const entries = new Map<string, Uint8Array>();
  const folders = new Set<string>();
  const wants = (name: string): boolean => {
    if (name.endsWith('.class')) {
      folders.add(name.slice(0, Math.max(0, name.lastIndexOf('/'))));
      return false;
    }
    return cataloger.wantsEntry(name) || cataloger.isNested(name);
  };
  const tellDamage = ({ message: reason }: ArchiveError): void =>
    void found.unreadable.push(archive.inside === undefined ? { reason } : { inside: archive.inside, reason });
  for (const { name, bytes } of readZip(archive.bytes, wants, budget, tellDamage)) {
    if (!cataloger.isNested(name)) {
      entries.set(name, bytes);
      continue;
    }
    const inside = archive.inside === undefined ? name : `${archive.inside}!/${name}`;
    if (archive.depth + 1 > limits.maxNesting) {
      found.unreadable.push({ inside, reason: `nested more than ${limits.maxNesting} deep` });
      continue;
    }
    try {
      visit(cataloger, { path: name, bytes, inside, depth: archive.depth + 1 }, state);
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      found.unreadable.push({ inside, reason: error.message });
    }
  }
  const hashes = hashesOf(archive.bytes);
  for (const component of cataloger.catalog({ path: archive.path, entries, folders: [...folders], hashes }))
    found.components.push(archive.inside === undefined ? component : { ...component, inside: archive.inside });
}

/** SHA-1 is what Maven repositories index archives by; SHA-256 is what one should compare. */
function hashesOf(bytes: Uint8Array): FileHash[] {
  return [
    { algorithm: 'SHA-1', value: createHash('sha1').update(bytes).digest('hex') },
    { algorithm: 'SHA-256', value: createHash('sha256').update(bytes).digest('hex') },
  ];
}
