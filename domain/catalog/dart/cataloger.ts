import { decodeYaml } from '../decode-yaml.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { parsePubspecLock } from './parse-pubspec-lock.ts';

/** Packages that the lockfile of Dart and Flutter pins. */
export const pubspecLockfileCataloger = lockfileCataloger(
  {
    name: 'pubspec-lockfile',
    isNamed: (file) => file === 'pubspec.lock',
    maxMebibytes: 8,
    naming: { ecosystem: 'Pub', purl: (name) => ({ type: 'pub', name }) },
  },
  (bytes) => parsePubspecLock(decodeYaml(bytes)[0]),
);
