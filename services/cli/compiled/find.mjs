/** The command line in few files, in this clone's `.cache`: half of what a short command takes is finding and opening hundreds. */
import { accessSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const clone = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Address of the entry, where it was made from the files as they are now. Else nothing, and it is made aside for the next run;
 * nothing too where it could not be made, or this clone cannot be written.
 *
 * @param {string} root
 * @returns {Promise<string | undefined>}
 */
export async function findCompiled(root = clone) {
  const folder = path.join(root, '.cache', 'command-line');
  const made = read(path.join(folder, 'made.json'));
  if (made?.node === process.version && made.files.every((file) => isUnchanged(root, file)))
    return made.entry !== undefined && isReadable(path.join(folder, made.entry))
      ? pathToFileURL(path.join(folder, made.entry)).href
      : undefined;
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    return undefined;
  }
  const { spawn } = await import('node:child_process');
  const script = fileURLToPath(new URL('compile.ts', import.meta.url));
  const aside = spawn(process.execPath, [script, root, folder], { cwd: root, detached: true, stdio: 'ignore' });
  aside.on('error', () => undefined);
  aside.unref();
  return undefined;
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** It may have been made by somebody who keeps it to himself. */
function isReadable(file) {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function isUnchanged(root, [file, modified, size]) {
  const stat = statSync(path.join(root, file), { throwIfNoEntry: false });
  return stat !== undefined && stat.mtimeMs === modified && stat.size === size;
}
