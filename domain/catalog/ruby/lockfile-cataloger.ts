import { decodeText } from '../decode-text.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { gemNaming } from './naming.ts';
import { parseGemfileLock } from './parse-gemfile-lock.ts';

/** Gems that Bundler's lockfile pins. */
export const gemfileLockCataloger = lockfileCataloger(
  {
    name: 'gemfile-lockfile',
    isNamed: (file) => file === 'Gemfile.lock' || file === 'gems.locked' || file.endsWith('.gemfile.lock'),
    maxMebibytes: 8,
    naming: gemNaming,
  },
  (bytes) => parseGemfileLock(decodeText(bytes)),
);
