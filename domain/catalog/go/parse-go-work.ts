/** go.work (https://go.dev/ref/mod#workspaces). */
import type { GoWork } from '../manifest.ts';
import { readDirectives, toReplaced } from './read-directives.ts';

/** Throws a CatalogError for a block that begins within a line. */
export function parseGoWork(text: string): GoWork {
  const of = readDirectives(text);
  return {
    format: 'go-work',
    uses: of('use').flatMap(([folder]) => folder ?? []),
    replaces: of('replace').flatMap(toReplaced),
  };
}
