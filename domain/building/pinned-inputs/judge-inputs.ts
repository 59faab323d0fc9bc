import type { Command } from '../recipe.ts';
import { cargo } from './cargo.ts';
import { npm } from './npm.ts';
import { pip } from './pip.ts';

/** One file a case; add it here. */
const tools = [npm, pip, cargo];

/** Whether a build took in nothing but its commit and what that names by hash. */
export type InputJudgement = { readonly byHash: true } | { readonly byHash: false; readonly why: string };

/**
 * Of a recipe's `fetch:` commands, as the commit has them. `read` gives a file of the source as it was checked out, before any
 * command ran: undefined where it is not there. Commands that nobody here knows are not believed, whatever they do.
 */
export async function judgeInputs(
  commands: readonly Command[],
  read: (path: string) => Promise<string | undefined>,
): Promise<InputJudgement> {
  for (const command of commands) {
    const shown = command.join(' ').slice(0, 100);
    const tool = tools.find((each) => each.matches(command));
    if (tool === undefined)
      return {
        byHash: false,
        why: `"${shown}" is not known to check hashes: ${tools.map(({ name }) => name).join(', ')} are`,
      };
    const content = await firstThere(tool.files(command), read);
    const objection =
      content === undefined ? 'the file it would check against is not in the commit' : tool.objection(command, content);
    if (objection !== undefined) return { byHash: false, why: `"${shown}": ${objection}` };
  }
  return { byHash: true };
}

async function firstThere(
  paths: readonly string[],
  read: (path: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const path of paths) {
    const content = await read(path);
    if (content !== undefined) return content;
  }
  return undefined;
}
