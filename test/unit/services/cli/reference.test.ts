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
