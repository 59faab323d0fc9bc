/** `relative` as a file at `place` names it: a path from the root, without `.` and `..`; none leads out of the root. */
export function fromFile(place: string, relative: string): string {
  const parts = place.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** The folder of a file, or above a folder; empty at the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
