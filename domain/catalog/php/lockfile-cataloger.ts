import { decodeJson } from '../decode-text.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { composerNaming } from './naming.ts';
import { parseComposerLock } from './parse-composer-lock.ts';

/** Packages that Composer's lockfile pins. */
export const composerLockfileCataloger = lockfileCataloger(
  { name: 'composer-lockfile', isNamed: (file) => file === 'composer.lock', maxMebibytes: 8, naming: composerNaming },
  (bytes) => parseComposerLock(decodeJson(bytes)),
);
