import path from 'node:path';
import type { Source } from './source.ts';

/**
 * Where code hosts find what a finding is about: relative to the working directory, which in CI is the root of the
 * repository, where the source lies in it; else as the source itself says it. What an SBOM lists is found in the SBOM.
 */
export function createReportPath(kind: Source['kind'], target: string, cwd: string): (place: string) => string {
  const place = path.relative(cwd, path.resolve(cwd, target)).split(path.sep).join('/');
  if (kind === 'image' || place.startsWith('..') || path.isAbsolute(place)) return (inside) => inside;
  if (kind === 'sbom') return () => place;
  if (kind === 'directory') return (inside) => path.posix.join(place, inside);
  // A lockfile by itself is named by its file name; what is in an archive, by its path there.
  return (inside) => (inside === path.posix.basename(place) ? place : inside);
}
