/** Stock of a folder on disk, or of one file: the same catalogers, without layers. */
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { binaryCatalogers, catalogerFor } from '../../domain/catalog/catalogers.ts';
import { composeStock } from '../../domain/catalog/compose-stock.ts';
import type { FileFacts, FileFinding } from '../../domain/catalog/layer-findings.ts';
import { misleadingLink } from '../../domain/catalog/misleading-link.ts';
import type { Stock, Unreadable } from '../../domain/sbom/component.ts';
import { type ArchiveLimits, defaultLimits } from '../archive/archive-limits.ts';
import { linkTarget } from '../archive/entry-path.ts';
import { catalogFile } from './catalog-file.ts';
import { looksExecutable } from './looks-executable.ts';
import { readExecutable } from './read-executable.ts';

export interface DirectoryStockOptions {
  readonly limits?: ArchiveLimits;
  readonly signal?: AbortSignal;
  /** Called with the number of entries seen, folder by folder. */
  readonly onProgress?: (entries: number) => void;
}

/** Git's own folders hold no packages, and many files. */
const SKIPPED = new Set(['.git']);
const EXECUTABLE_BITS = 0o111;

/**
 * Links are not followed: what they point at is found in its own place, or is outside of the folder.
 * A folder or file that the system does not let us read leaves the stock incomplete.
 * The system is asked without a promise for each question: of tens of thousands of small files those take most of the time.
 * Signals, timers and progress have their turn between folders.
 */
export async function takeDirectoryStock(folder: string, options: DirectoryStockOptions = {}): Promise<Stock> {
  // Its packages are known by the path that leads to them, which has to have node_modules in it.
  const isNodeModules = path.basename(folder) === 'node_modules';
  return walk(isNodeModules ? path.dirname(folder) : folder, isNodeModules ? 'node_modules' : '', options);
}

async function walk(root: string, start: string, options: DirectoryStockOptions): Promise<Stock> {
  const limits = options.limits ?? defaultLimits;
  const files: FileFinding[] = [];
  const unreadable: Unreadable[] = [];
  const pending = [start];
  let entries = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    await turn();
    options.signal?.throwIfAborted();
    const found = list(root, folder);
    if ('reason' in found) {
      unreadable.push({ path: folder === '' ? '.' : folder, reason: found.reason });
      continue;
    }
    entries += found.length;
    if (entries > limits.maxEntries) {
      unreadable.push({ path: '.', reason: `more than ${limits.maxEntries} files and folders: the rest was not read` });
      break;
    }
    options.onProgress?.(entries);
    for (const entry of found) {
      const place = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) pending.push(place);
      } else {
        const facts = await readEntry(root, place, entry, limits);
        if (facts !== undefined) files.push({ path: place, facts });
      }
    }
  }
  return composeStock([{ files, whiteouts: [], opaqueDirectories: [] }], { root: '', unreadable });
}

/** One file by itself: one that a cataloger wants by its name, a lockfile, a jar; or an executable. */
export async function takeFileStock(file: string, options: DirectoryStockOptions = {}): Promise<Stock> {
  const name = path.basename(file);
  const stats = await stat(file);
  const facts =
    catalogerFor(name) === undefined
      ? await readExecutable(file, { path: name, size: stats.size, mode: stats.mode }, binaryCatalogers)
      : await readWanted(file, name, stats, options.limits ?? defaultLimits);
  const files = facts === undefined ? [] : [{ path: name, facts }];
  return composeStock([{ files, whiteouts: [], opaqueDirectories: [] }], { root: '' });
}

function list(root: string, folder: string): Dirent[] | { reason: string } {
  try {
    const found = readdirSync(path.join(root, folder), { withFileTypes: true });
    return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return { reason: systemReason(error) };
  }
}

async function readEntry(
  root: string,
  place: string,
  entry: Dirent,
  limits: ArchiveLimits,
): Promise<FileFacts | undefined> {
  const full = path.join(root, place);
  try {
    if (entry.isSymbolicLink()) return toLinkFacts(place, linkTarget(place, readlinkSync(full)));
    if (catalogerFor(place) === undefined) return entry.isFile() ? await readOther(full, place) : undefined;
    return await readWanted(full, place, statSync(full), limits);
  } catch (error) {
    return { kind: 'unreadable', reason: systemReason(error) };
  }
}

function toLinkFacts(place: string, target: string): FileFacts | undefined {
  if (catalogerFor(place) !== undefined) return { kind: 'link', target };
  const reason = misleadingLink(place, target, (reached) => catalogerFor(reached) !== undefined);
  return reason === undefined ? undefined : { kind: 'unreadable', reason };
}

/** A file nobody wants by its path may be an executable; most are seen not to be one by their name and mode. */
async function readOther(full: string, place: string): Promise<FileFacts | undefined> {
  if (binaryCatalogers.length === 0) return undefined;
  const { size, mode } = lstatSync(full);
  if (size === 0 || ((mode & EXECUTABLE_BITS) === 0 && !looksExecutable(place))) return undefined;
  return readExecutable(full, { path: place, size, mode }, binaryCatalogers);
}

async function readWanted(
  full: string,
  place: string,
  stats: Stats,
  limits: ArchiveLimits,
): Promise<FileFacts | undefined> {
  const cataloger = catalogerFor(place);
  if (cataloger === undefined) return undefined;
  if (!stats.isFile()) return { kind: 'unreadable', reason: 'not a regular file' };
  if (stats.size > cataloger.maxBytes)
    return { kind: 'unreadable', reason: `${stats.size} bytes: at most ${cataloger.maxBytes} are read` };
  // A file that says nothing is still one that was read: links may lead to it.
  return catalogFile(cataloger, place, readFileSync(full), limits) ?? { kind: 'components', components: [] };
}

/** `EACCES` and the like; throws again what is no error of the system. */
function systemReason(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
  return code === 'EACCES' || code === 'EPERM' ? 'no permission to read it' : `the system says ${code}`;
}
