import type { PurlParts } from './purl.ts';

/**
 * Whether what stands for the version is a range, in the words of any package manager (npm, Python, Ruby, Maven, NuGet) or of a
 * VERS specifier: `^5`, `~> 5.0`, `[1.0,2.0)`, `5.x`, `1 || 2`. No version is written so: taken for one, it names nothing.
 */
export function namesRange({ name, version = '' }: PurlParts): boolean {
  // What has a slash (`vers:npm/>4|<6`) is read as a name.
  return /[<>|]/.test(name) || /^[!=~^[]|[<>,|*\s]|^\d+(?:\.\d+)*\.[xX](?![\w-])/.test(version);
}
