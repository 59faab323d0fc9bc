import { lockfileCataloger } from '../manifest-cataloger.ts';
import { npmNaming } from '../npm/package.ts';
import { decodeJsonc } from './decode-jsonc.ts';
import { parseBunLock } from './parse-bun-lock.ts';

/** Packages that Bun's text lockfile pins. */
export const bunLockfileCataloger = lockfileCataloger(
  { name: 'bun-lockfile', isNamed: (file) => file === 'bun.lock', maxMebibytes: 16, naming: npmNaming },
  (bytes) => parseBunLock(decodeJsonc(bytes)),
);
