import { decodeText } from '../decode-text.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { imageNaming } from './naming.ts';
import { parseDockerfile } from './parse-dockerfile.ts';

/** Images that a Dockerfile builds on. */
export const dockerfileCataloger = lockfileCataloger(
  {
    name: 'dockerfile',
    isNamed: (file) => /^(?:Dockerfile|Containerfile)(?:\..+)?$|\.[Dd]ockerfile$/.test(file),
    maxMebibytes: 1,
    naming: imageNaming,
  },
  (bytes) => parseDockerfile(decodeText(bytes)),
);
