/** Every example of `--help` that asks a server asks what the gateway's own description of its API allows. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CommandDescription, describeCommands } from '../../../../services/cli/command-tree.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { type AnsweringGateway, startAnsweringGateway } from './answering-gateway.ts';
import { artifactAnswer, digestOf } from './recorded-answers.ts';
import { runCommand, splitWords } from './run-command.ts';

let gateway: AnsweringGateway;
beforeAll(async () => {
  gateway = await startAnsweringGateway();
});
afterAll(() => gateway.close());

const nobody = { write: () => undefined, isTTY: false };
const commands = await describeCommands({
  out: nobody,
  err: nobody,
  in: (async function* () {})(),
  env: {},
  cwd: '/nowhere',
  signal: new AbortController().signal,
  now: () => new Date(0),
});

/** Of commands that ask a server; without what a shell does with the output. */
function examplesOf({ after, flags, commands: parts }: CommandDescription): string[] {
  const lines = flags.some(({ long }) => long === '--url') ? [...after.matchAll(/^ {2}pratique (.+)$/gm)] : [];
  return [...lines.map(([, line]) => (line ?? '').split(/ [|>&] ?/)[0]!.trim()), ...parts.flatMap(examplesOf)];
}

// Some look into a registry or a layout instead.
const examples = [...new Set(commands.flatMap(examplesOf))].filter((line) => !/graph (?:localhost|\.)/.test(line));
let asking = 0;

it.each(examples)('%s', async (line) => {
  gateway.answer({ 'GET /artifact': { body: artifactAnswer } });
  const cwd = temporaryFolder('pratique-example-');
  const argv = splitWords(line.replaceAll(/sha256:…|sha256:[0-9a-f]+…/g, digestOf('a')));
  // Files that it names are there, and say nothing.
  for (const word of argv)
    if (/^[\w./-]+\.(?:json|ya?ml|txt|token|pem|key|pub|jsonl|ndjson|csv)$/.test(word) && !path.isAbsolute(word)) {
      mkdirSync(path.dirname(path.join(cwd, word)), { recursive: true });
      writeFileSync(path.join(cwd, word), '{}');
    }
  // Some work on this machine, too: not in the cache of whoever runs the tests.
  const env = { PRATIQUE_TOKEN: 'prq_test', PRATIQUE_URL: gateway.url, PRATIQUE_CACHE_DIR: path.join(cwd, 'cache') };
  await runCommand(argv, { cwd, env });
  if (gateway.asked.length > 0) asking += 1;
  expect(gateway.breaches).toEqual([]);
});

it('nearly all of them ask: the others need a file that says something', () => {
  expect(asking).toBeGreaterThan(examples.length * 0.9);
});
