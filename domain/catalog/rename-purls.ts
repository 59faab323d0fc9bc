import type { PlacedComponent } from './merge-components.ts';

/** `renames` from purl to purl, wherever they stand: of components, and of those that they need or are asked for by. */
export function renamePurls(placed: PlacedComponent[], renames: ReadonlyMap<string, string>): PlacedComponent[] {
  if (renames.size === 0) return placed;
  const rename = (purl: string): string => renames.get(purl) ?? purl;
  return placed.map((one) => {
    const { purl, dependsOn, askedFor } = one.component;
    return {
      ...one,
      component: {
        ...one.component,
        purl: rename(purl),
        dependsOn: dependsOn.map(rename),
        ...(askedFor === undefined
          ? {}
          : {
              askedFor: askedFor.map(({ by, range }) => ({ ...(by === undefined ? {} : { by: rename(by) }), range })),
            }),
      },
    };
  });
}
