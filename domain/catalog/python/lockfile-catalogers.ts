/** Catalogers of what Python projects say they use, a format each. */
import { decodeJson, decodeText } from '../decode-text.ts';
import { decodeToml } from '../decode-toml.ts';
import { lockedComponents } from '../locked-packages.ts';
import { lockfileCataloger, manifestCataloger } from '../manifest-cataloger.ts';
import { fromFile } from '../path-from-file.ts';
import { pypiNaming as naming } from './naming.ts';
import { parsePdmLock } from './parse-pdm-lock.ts';
import { parsePipfileLock } from './parse-pipfile-lock.ts';
import { parsePoetryLock } from './parse-poetry-lock.ts';
import { parsePylock } from './parse-pylock.ts';
import { parseRequirements } from './parse-requirements.ts';
import { parseUvLock } from './parse-uv-lock.ts';

const REQUIREMENTS = 'python-requirements';

export const pythonLockfileCatalogers = [
  lockfileCataloger(
    { name: 'poetry-lockfile', isNamed: (file) => file === 'poetry.lock', maxMebibytes: 8, naming },
    (bytes) => parsePoetryLock(decodeToml(bytes)),
  ),
  lockfileCataloger({ name: 'uv-lockfile', isNamed: (file) => file === 'uv.lock', maxMebibytes: 8, naming }, (bytes) =>
    parseUvLock(decodeToml(bytes)),
  ),
  lockfileCataloger(
    { name: 'pdm-lockfile', isNamed: (file) => file === 'pdm.lock', maxMebibytes: 8, naming },
    (bytes) => parsePdmLock(decodeToml(bytes)),
  ),
  lockfileCataloger(
    {
      name: 'pylock',
      isNamed: (file) => /^pylock\.(?:[^.]+\.)?toml$/.test(file),
      maxMebibytes: 8,
      naming,
    },
    (bytes) => parsePylock(decodeToml(bytes)),
  ),
  lockfileCataloger(
    { name: 'pipfile-lockfile', isNamed: (file) => file === 'Pipfile.lock', maxMebibytes: 8, naming },
    (bytes) => parsePipfileLock(decodeJson(bytes)),
  ),
  manifestCataloger(
    {
      name: REQUIREMENTS,
      // The folder is the usual one of several files, `requirements/base.txt`.
      isNamed: (file, path) =>
        /^(?:.*[-_.])?requirements(?:[-_.].*)?\.txt$/.test(file) || /(?:^|\/)requirements\/[^/]+\.txt$/.test(path),
      maxMebibytes: 8,
    },
    (bytes, path) => {
      const { packages, names, indexes } = parseRequirements(decodeText(bytes));
      const components = lockedComponents(packages, naming, REQUIREMENTS);
      return {
        kind: 'components',
        components,
        ...(names.length === 0
          ? {}
          : { names: names.map((one) => (/^\w+:\/\//.test(one) ? one : fromFile(path, one))) }),
        ...(indexes.length === 0 ? {} : { indexes: [...indexes] }),
      };
    },
  ),
] as const;
