/** The command line in few files, in this clone's `.cache`: half of what a short command takes is finding and opening hundreds. */
const { accessSync, constants, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const process = require('node:process');

const clone = path.join(__dirname, '../../..');

/**
 * The file to begin with, where it was made from the files as they are now: that of the verb among `words` where it has one of its
 * own, else that of all. Else nothing, and they are made aside for the next run; nothing too where they could not be made, or this
 * clone cannot be written.
 *
 * @param {readonly string[]} words
 * @param {string} root
 * @returns {string | undefined}
 */
function findCompiled(words, root = clone) {
  const folder = path.join(root, '.cache', 'command-line');
  // As run-cli.ts finds the verb.
  const verb = words.find((word) => !word.startsWith('-'));
  const names = verb !== undefined && /^[a-z]+$/.test(verb) ? [`verb-${verb}.json`, 'made.json'] : ['made.json'];
  for (const name of names) {
    const made = read(path.join(folder, name));
    if (made?.node !== process.version || !isMadeOf(root, made, path.join(folder, name))) continue;
    if (made.entry === undefined) return undefined;
    const entry = path.join(folder, made.entry);
    // A power cut may have left it short, or empty: then it is made anew.
    if (statSync(entry, { throwIfNoEntry: false })?.size !== made.size) continue;
    return isReadable(entry) ? entry : undefined;
  }
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    return undefined;
  }
  const { spawn } = require('node:child_process');
  const script = path.join(__dirname, 'compile.ts');
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

/**
 * Whether its files are as they were: by their times, which a copy or a checkout sets anew, or else by what they hold. What is
 * the same with other times is written down, so that it need not be read again.
 */
function isMadeOf(root, made, record) {
  let isTouched = false;
  for (const file of made.files) {
    const [name, modified, changed, size, sha256] = file;
    const stat = statSync(`${root}/${name}`, { throwIfNoEntry: false });
    if (stat === undefined || stat.size !== size) return false;
    if (stat.mtimeMs === modified && stat.ctimeMs === changed) continue;
    if (sha256Of(`${root}/${name}`) !== sha256) return false;
    [file[1], file[2]] = [stat.mtimeMs, stat.ctimeMs];
    isTouched = true;
  }
  if (isTouched) rewrite(record, made);
  return true;
}

function sha256Of(file) {
  try {
    return require('node:crypto').hash('sha256', readFileSync(file), 'base64');
  } catch {
    return undefined;
  }
}

function rewrite(record, made) {
  const written = `${record}.${process.pid}`;
  try {
    writeFileSync(written, JSON.stringify(made));
    renameSync(written, record);
  } catch {
    // Who may not write here reads the files again.
  }
}

module.exports = { findCompiled };
