/** Programs have no ending, or a version for one; libraries have these. */
const ENDINGS = /\.(?:so|exe|dll|dylib|node|bin|run|elf|out|\d+)$|\.so\.[^/]*$/i;

/** Whether a path can be that of a program or a library, by its name alone. */
export function looksExecutable(path: string): boolean {
  const dot = path.indexOf('.', path.lastIndexOf('/') + 1);
  return dot < 0 || ENDINGS.test(path);
}
