import type { Command } from 'commander';

/** What may stand before the verb too: every verb has its own help, and those that have `--json` take it. */
const common = new Set(['--json', '-h', '--help']);

/**
 * The same words with flags that all verbs share after the verb they are of: `--json artifact list` as `artifact list --json`.
 * With another flag before it, they stay where they are.
 */
export function placeAfterVerb(argv: readonly string[], program: Command): string[] {
  const first = argv.findIndex((word) => !common.has(word));
  if (first <= 0) return [...argv];
  const [flags, words] = [argv.slice(0, first), argv.slice(first)];
  const length = countVerbs(words, program);
  return length === 0 ? [...argv] : [...words.slice(0, length), ...flags, ...words.slice(length)];
}

/** How many of the words name a verb. One that is wrong is among them, to be told as what it is. */
function countVerbs([word, ...rest]: readonly string[], parent: Command): number {
  if (word === undefined || word.startsWith('-')) return 0;
  const command = parent.commands.find((one) => one.name() === word);
  if (command === undefined) return parent.commands.length > 0 ? 1 : 0;
  return 1 + countVerbs(rest, command);
}
