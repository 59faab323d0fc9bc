import type { Command } from '../recipe.ts';

/** One way of fetching in which the package client itself refuses bytes of another hash than the source names. */
export interface FetchTool {
  /** As people call it: `npm ci`. */
  readonly name: string;
  matches(command: Command): boolean;
  /** Files of the source that `command` checks against; an array of those it may be, the first that is there. */
  files(command: Command): readonly string[];
  /** Why `command` may take in something that no hash names, or undefined. `content` is that of the first file that is there. */
  objection(command: Command, content: string): string | undefined;
}

/** Words of a command that are none of these; those beginning with one that ends in `=` are known too. */
export function unknownWords(words: readonly string[], known: readonly string[]): string[] {
  return words.filter((word) => !known.some((each) => (each.endsWith('=') ? word.startsWith(each) : word === each)));
}
