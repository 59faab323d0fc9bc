import { existsSync } from 'node:fs';
import path from 'node:path';
import { type StackHome, stackHome } from '../../infra/dev/stack-home.ts';
import type { CliIo } from './io.ts';

/** The folder of the local stack, like Git's: in the working directory or the nearest one above; PRATIQUE_HOME names another. */
export function nearestHome({ cwd, env }: CliIo): StackHome {
  if (env.PRATIQUE_HOME) return stackHome(path.resolve(cwd, env.PRATIQUE_HOME));
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    const home = path.join(folder, '.pratique');
    if (folder === path.dirname(folder) || existsSync(path.join(home, 'stack.json'))) return stackHome(home);
  }
}
