/** Pipfile.lock, specification 6 (https://pipenv.pypa.io/en/latest/pipfile.html): JSON. It has no edges. */

import { namedHash } from '../file-hash.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { originsOf, publicAddress, vcsUrl } from '../public-address.ts';
import { entriesOf, fieldsOf, listOf, requireFields, textOf } from '../read-fields.ts';
import { isDistribution } from './naming.ts';

/** `default` is what the project needs to run; every other category is for development. A folder beside the lockfile is left out. */
export function parsePipfileLock(json: unknown): LockedPackage[] {
  const lock = requireFields(json, 'Pipfile.lock');
  const sources = listOf(fieldsOf(lock._meta).sources).map(fieldsOf);
  const addressesOf = (index: string | undefined) =>
    sources.filter(({ name }) => index === undefined || textOf(name) === index).map(({ url }) => textOf(url));
  return entriesOf(lock)
    .filter(([category]) => category !== '_meta')
    .flatMap(([category, packages]) =>
      entriesOf(packages).flatMap(([name, value]): LockedPackage[] => {
        const entry = fieldsOf(value);
        const git = textOf(entry.git);
        const file = textOf(entry.file);
        if (entry.path !== undefined && !isDistribution(textOf(entry.path) ?? '')) return [];
        return [
          {
            key: `${category} ${name}`,
            name,
            version: /^===?(.+)$/.exec(textOf(entry.version) ?? '')?.[1] ?? '',
            requires: [],
            scope: category === 'default' ? 'runtime' : 'development',
            hashes: listOf(entry.hashes).flatMap((hash) => namedHash(textOf(hash))),
            unnamedFiles: true,
            // Without a name of one, older versions of Pipenv take it from whichever answers.
            ...(git === undefined && file === undefined
              ? { fetchedFrom: originsOf(...addressesOf(textOf(entry.index))) }
              : {}),
            vcsUrl: git === undefined ? undefined : vcsUrl(git, textOf(entry.ref)),
            downloadUrl: file === undefined ? undefined : publicAddress(file),
          },
        ];
      }),
    );
}
