import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeJson } from '../decode-text.ts';
import { lockedComponents } from '../locked-packages.ts';
import { nugetNaming } from './naming.ts';
import { parseDeps } from './parse-deps.ts';

/** Packages and runtimes a .NET application was published with, from its `<name>.deps.json`. */
export const dotnetDepsCataloger: FileCataloger = {
  kind: 'file',
  name: 'dotnet-deps',
  maxBytes: 32 * MEBIBYTE,
  wants: (path) => path.endsWith('.deps.json'),
  catalog(_path, bytes) {
    const packages = parseDeps(decodeJson(bytes));
    const components = lockedComponents(packages, nugetNaming, 'dotnet-deps').map(
      ({ declared: _declared, ...component }) => component,
    );
    return { kind: 'components', components };
  },
};
