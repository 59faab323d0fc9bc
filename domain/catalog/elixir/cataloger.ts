import { decodeText } from '../decode-text.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { parseMixLock } from './parse-mix-lock.ts';

/** Packages that Mix's lockfile pins. */
export const mixLockfileCataloger = lockfileCataloger(
  {
    name: 'mix-lockfile',
    isNamed: (file) => file === 'mix.lock',
    maxMebibytes: 8,
    naming: { ecosystem: 'Hex', purl: (name) => ({ type: 'hex', name: name.toLowerCase() }) },
  },
  (bytes) => parseMixLock(decodeText(bytes)),
);
