import { ArchiveError } from './archive-error.ts';

/** Whether the name begins at the root: what unpacks a layer takes it as a path below where it unpacks, and so do we. */
export function isAbsoluteName(name: string): boolean {
  return name.startsWith('/') && name !== '/';
}

/**
 * The path of a tar entry, relative to the root: without `/` or `./` before it, doubled or trailing slashes; `` for the root itself.
 * Throws an ArchiveError (ARCHIVE_HOSTILE_PATH) for what would leave the tree or means different things to different readers.
 */
export function entryPath(name: string, maxLength: number): string {
  if (name.length > maxLength)
    throw new ArchiveError('ARCHIVE_HOSTILE_PATH', `an entry whose path has ${name.length} characters`);
  if (name.includes('\0')) throw hostile(name, 'holds a NUL');
  // Most names are as they should be: they are not taken apart.
  if (isPlain(name)) return name;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw hostile(name, 'climbs out with ".."');
  return parts.join('/');
}

/** Where a link at `path` leads, relative to the root; links never lead above it, as in a container. */
export function linkTarget(path: string, linkname: string): string {
  let base = linkname.startsWith('/') ? '' : folderOf(path);
  let rest = linkname;
  for (const lead = /^(?:\/+|(\.\.?)(?:\/+|$))/; ; ) {
    const [whole = '', dots] = lead.exec(rest) ?? [];
    if (whole === '') break;
    if (dots === '..') base = folderOf(base);
    rest = rest.slice(whole.length);
  }
  if (rest === '' || isPlain(rest)) return base === '' || rest === '' ? base + rest : `${base}/${rest}`;
  const parts = base === '' ? [] : base.split('/');
  for (const part of rest.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Nothing in it that stands for another place, or for none; `..` and `.` begin with a dot, and so do hidden files. */
function isPlain(name: string): boolean {
  return (
    !name.startsWith('.') &&
    !name.startsWith('/') &&
    !name.endsWith('/') &&
    !name.includes('/.') &&
    !name.includes('//')
  );
}

function hostile(name: string, what: string): ArchiveError {
  return new ArchiveError('ARCHIVE_HOSTILE_PATH', `an entry whose path ${what}: ${JSON.stringify(name.slice(0, 200))}`);
}
