import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeJson } from '../decode-text.ts';
import { depsComponents } from './deps-components.ts';

/** Packages and runtimes a .NET application was published with, from its `<name>.deps.json`. */
export const dotnetDepsCataloger: FileCataloger = {
  kind: 'file',
  name: 'dotnet-deps',
  maxBytes: 32 * MEBIBYTE,
  wants: (path) => path.endsWith('.deps.json'),
  catalog: (_path, bytes) => ({ kind: 'components', components: depsComponents(decodeJson(bytes), 'dotnet-deps') }),
};
