import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { describeCommands } from '../../../../services/cli/command-tree.ts';
import { completionScript, shells } from '../../../../services/cli/completion.ts';
import { withReference } from '../../../../services/cli/reference.ts';

const commands = await describeCommands({ env: {}, cwd: '/' } as never);
const page = new URL('../../../../docs/cli.md', import.meta.url);

it('docs/cli.md says what the verbs declare (else: node services/cli/print-docs.ts)', async () => {
  const text = await readFile(page, 'utf8');
  expect(text).toBe(withReference(text, commands));
});

it('every command that asks the server has two examples at least', () => {
  const leaves = commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
  const asking = leaves.filter(({ flags }) => flags.some(({ long }) => long === '--url'));
  expect(asking.length).toBeGreaterThan(15);
  for (const { path, after } of asking)
    expect(after.split('\n').filter((line) => line.startsWith(`  pratique ${path}`)).length, path).toBeGreaterThan(1);
});

it.each(shells)('the %s script names every command and every flag', (shell) => {
  const script = completionScript(shell, commands);
  const leaves = commands.flatMap((command) => [command, ...command.commands]);
  for (const { name, flags } of leaves) {
    expect(script).toContain(name);
    for (const { long } of flags) expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long);
  }
});

/** What bash offers for the last of the words. */
function complete(...typed: readonly string[]): string[] {
  const script = `${completionScript('bash', commands)}
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _pratique; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync('bash', ['-c', script, 'bash', 'pratique', ...typed], { encoding: 'utf8', cwd: '/' });
  return said.split('\n').filter((word) => word !== '');
}

it.each([
  ['sbom', ['cyclonedx-json', 'spdx-json']],
  ['scan', ['sarif', 'json']],
  ['diff', ['markdown', 'json']],
  ['deps review', ['sarif', 'json']],
  ['affected', ['table', 'csv', 'json']],
])('after `%s -o` and `--output` come its formats, and no flag', (path, some) => {
  for (const flag of ['-o', '--output']) {
    const offered = complete(...path.split(' '), flag, '');
    expect(offered).toEqual(expect.arrayContaining(some));
    expect(offered.filter((word) => word.startsWith('-'))).toEqual([]);
  }
  expect(complete(...path.split(' '), '-o', 'j').every((word) => word.startsWith('j'))).toBe(true);
  for (const word of some) {
    expect(completionScript('zsh', commands)).toMatch(new RegExp(`"${path} -o"\\) reply=\\([^)]*'${word}'`));
    expect(completionScript('fish', commands)).toMatch(
      new RegExp(`seen_subcommand_from ${path.split(' ').at(-1)}' -l output -s o -x -a '[^']*\\b${word}\\b`),
    );
  }
});

it('a flag without a value is followed by what may come next', () => {
  expect(complete('up', '-d', '')).toContain('--only');
});
