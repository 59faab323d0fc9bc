import { decodeText } from '../decode-text.ts';
import { decodeYaml } from '../decode-yaml.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { npmNaming } from '../npm/package.ts';
import { parseBerryLock } from './parse-berry-lock.ts';
import { parseClassicLock } from './parse-classic-lock.ts';

/** Packages that a yarn.lock pins: of yarn 1, and of yarn 2 and later, which tell apart by `__metadata`. */
export const yarnLockfileCataloger = lockfileCataloger(
  { name: 'yarn-lockfile', isNamed: (file) => file === 'yarn.lock', maxMebibytes: 16, naming: npmNaming },
  (bytes) => {
    const text = decodeText(bytes);
    return /^__metadata:/m.test(text) ? parseBerryLock(decodeYaml(bytes)[0]) : parseClassicLock(text);
  },
);
