/** Rewrites the reference part of docs/cli.md from what the verbs declare: `node services/cli/print-docs.ts`. */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { describeCommands } from './command-tree.ts';
import { withReference } from './reference.ts';

const page = new URL('../../docs/cli.md', import.meta.url);
const commands = await describeCommands({
  out: process.stdout,
  err: process.stderr,
  in: process.stdin,
  env: {},
  cwd: process.cwd(),
  signal: new AbortController().signal,
});
await writeFile(page, withReference(await readFile(page, 'utf8'), commands));
