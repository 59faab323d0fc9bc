/**
 * Tells of a path whether it lies below one of the folders, at any depth; a folder is not below itself. Paths are as they are
 * written, without `/` at their ends. What it takes grows with the length of a path, not with how deep it is.
 */
export function belowFolders(folders: Iterable<string>): (path: string) => boolean {
  const outermost: string[] = [];
  // Sorted, all that begins with a folder and a slash comes right behind it.
  for (const start of Array.from(folders, (folder) => `${folder}/`).toSorted())
    if (!start.startsWith(outermost.at(-1) ?? '/')) outermost.push(start);
  return (path) => {
    let [low, high] = [0, outermost.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((outermost[middle] ?? '') <= path) low = middle + 1;
      else high = middle;
    }
    const before = outermost[low - 1];
    return before !== undefined && path.startsWith(before);
  };
}
