/** Catalogers of what Go projects say they use; composition puts the files together. */
import { decodeText } from '../decode-text.ts';
import { manifestCataloger } from '../manifest-cataloger.ts';
import { parseGoMod } from './parse-go-mod.ts';
import { parseGoSum } from './parse-go-sum.ts';
import { parseGoWork } from './parse-go-work.ts';

export const goModuleCatalogers = [
  manifestCataloger({ name: 'go-mod', isNamed: (file) => file === 'go.mod', maxMebibytes: 8 }, (bytes) => ({
    kind: 'manifest',
    manifest: parseGoMod(decodeText(bytes)),
  })),
  manifestCataloger(
    { name: 'go-sum', isNamed: (file) => file === 'go.sum' || file === 'go.work.sum', maxMebibytes: 16 },
    (bytes) => ({
      kind: 'manifest',
      manifest: parseGoSum(decodeText(bytes)),
    }),
  ),
  manifestCataloger({ name: 'go-work', isNamed: (file) => file === 'go.work', maxMebibytes: 1 }, (bytes) => ({
    kind: 'manifest',
    manifest: parseGoWork(decodeText(bytes)),
  })),
] as const;
