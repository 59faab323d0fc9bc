import { type FetchTool, unknownWords } from './fetch-tool.ts';

/** `cargo fetch --locked`: crates are checked by the lockfile's checksum, Git sources by their commit (The Cargo Book, Cargo.lock). */
export const cargo: FetchTool = {
  name: 'cargo fetch --locked',
  matches: ([program, verb]) => program === 'cargo' && verb === 'fetch',
  files: () => ['Cargo.lock'],
  objection([, , ...words], content) {
    const [unknown] = unknownWords(words, ['--locked', '--quiet', '-q', '--target=']);
    if (unknown !== undefined) return `what "${unknown}" changes is not known here`;
    if (!words.includes('--locked')) return 'cargo may take other versions than the lockfile has (--locked)';
    for (const entry of content.split(/^\[\[package\]\]$/m).slice(1)) {
      const [, source] = /^source = "([^"]*)"$/m.exec(entry) ?? [];
      const isPinned = /^checksum = "[0-9a-f]{64}"$/m.test(entry) || /^git\+[^#]*#[0-9a-f]{40}$/.test(source ?? '');
      if (source !== undefined && !isPinned)
        return `the lockfile has no hash of ${/^name = "([^"]*)"$/m.exec(entry)?.[1] ?? 'a package'}`;
    }
    return undefined;
  },
};
