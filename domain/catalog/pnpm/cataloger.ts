import { decodeYaml } from '../decode-yaml.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { npmNaming } from '../npm/package.ts';
import { parsePnpmLock } from './parse-pnpm-lock.ts';

/** Packages that pnpm's lockfile pins. */
export const pnpmLockfileCataloger = lockfileCataloger(
  { name: 'pnpm-lockfile', isNamed: (file) => file === 'pnpm-lock.yaml', maxMebibytes: 8, naming: npmNaming },
  (bytes) => decodeYaml(bytes).flatMap((document) => parsePnpmLock(document)),
);
