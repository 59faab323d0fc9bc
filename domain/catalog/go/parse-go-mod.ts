/** go.mod (https://go.dev/ref/mod#go-mod-file). */
import { CatalogError } from '../catalog-error.ts';
import type { GoMod } from '../manifest.ts';
import { readDirectives, toReplaced } from './read-directives.ts';

/** Throws a CatalogError for a text without a `module` line, and for a block that begins within a line. */
export function parseGoMod(text: string): GoMod {
  const of = readDirectives(text);
  const module = of('module')[0]?.[0];
  if (module === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'a go.mod without a module line');
  const goVersion = of('go')[0]?.[0];
  return {
    format: 'go-mod',
    module,
    ...(goVersion === undefined ? {} : { goVersion }),
    requires: of('require').flatMap(([path, version]) =>
      path === undefined || version === undefined ? [] : [{ path, version }],
    ),
    replaces: of('replace').flatMap(toReplaced),
    excludes: of('exclude').map(([path, version]) => `${path}@${version}`),
  };
}
