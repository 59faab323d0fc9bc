import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Option } from 'commander';
import type { AffectedAnswer } from '../api-answers.ts';
import type { ApiClient } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { limitOption } from '../list-pages.ts';
import { formatAffectedCsv, renderAffected } from '../render-affected.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

const DETAILS = `
<what> is an advisory by any of its names (CVE-…, GHSA-…), a package URL with a version, a range or neither
(pkg:npm/lodash@4.17.20, pkg:npm/lodash@<4.17.21, pkg:npm/lodash), a digest, signer:, builder:, host:, source:, commit: or
layer: with a value, or a file with one of these a line.
What runs somewhere comes first. Exits with 1 where something is affected, with 0 where nothing is, and with 3 where nothing
is but some versions could not be compared. A package that no artifact ever had is said on stderr: it may be misspelt.
`;

const PAGE = 200;
/** As many as the API takes at once. */
const MOST_LINES = 500;
const MOST_BYTES = 1024 * 1024;

/** The lines of a file of that name, or what was asked itself. `#` begins a comment. */
async function readQueries(what: string, { cwd }: CliIo): Promise<string[]> {
  const file = path.resolve(cwd, what);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return [what];
  if (found.size > MOST_BYTES)
    throw new CliError(exitCodes.usage, 'FILE_TOO_LARGE', `${what}: more than ${MOST_BYTES} bytes`);
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).map((line) => line.trim());
  const queries = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (queries.length > 0 && queries.length <= MOST_LINES) return queries;
  const problem = queries.length === 0 ? 'has no line to ask with' : `has more than ${MOST_LINES} lines: split it`;
  throw new CliError(exitCodes.usage, 'FILE_UNUSABLE', `${what}: ${problem}`);
}

/** Page after page until `limit` artifacts; what the answer is about comes with each. */
async function askAll(
  api: ApiClient,
  queries: readonly string[],
  environment: string | undefined,
  limit: number,
): Promise<AffectedAnswer> {
  const ask = (wanted: number, cursor: string | undefined) =>
    api.post<AffectedAnswer>('/affected', {
      queries,
      limit: Math.min(PAGE, wanted),
      ...(environment === undefined ? {} : { environment }),
      ...(cursor === undefined ? {} : { cursor }),
    });
  const first = await ask(limit, undefined);
  const items = [...first.items];
  let { next } = first;
  while (next !== null && items.length < limit) {
    const page: AffectedAnswer = await ask(limit - items.length, next);
    items.push(...page.items);
    next = page.next;
  }
  return { ...first, items, next };
}

interface AffectedFlags {
  readonly environment?: string;
  readonly limit: number;
  readonly output: 'table' | 'csv' | 'json';
}

/** `pratique affected`: who has it, where it runs, whose it is, since when, and what fixes it. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<AffectedFlags>(command, context, {
      summary: 'Say which artifacts an advisory, a component, a signer or a builder touches, and where they run',
      details: DETAILS,
      arguments: [['<what>', 'what it is about, or a file with that']],
      options: [
        new Option('--environment <name>', 'only what this environment has now'),
        new Option('-o, --output <format>', 'how it is shown').choices(['table', 'csv', 'json']).default('table'),
        limitOption(100),
      ],
      permission: 'read',
      examples: [
        'affected CVE-2021-44228',
        'affected "pkg:npm/lodash@<4.17.21" --environment prod',
        'affected purls.txt -o csv --limit 10000',
        'affected builder:ci --json',
      ],
      async run({ api, io, show, note }, [what = ''], { environment, limit, output }) {
        const answer = await askAll(api, await readQueries(what, io), environment, limit);
        if (output === 'json') io.out.write(`${JSON.stringify(answer, null, 2)}\n`);
        else show(answer, output === 'csv' ? formatAffectedCsv : renderAffected);
        for (const { purl, nearest } of answer.unseen)
          note(`no artifact ever had ${purl}${nearest === null ? '' : `; near it is ${nearest}`}`);
        if (answer.items.length > 0) return exitCodes.fail;
        return answer.undecided.length > 0 ? exitCodes.infrastructure : exitCodes.pass;
      },
    });
  },
};
