/** Completion scripts: words only, so that completing starts no process. */
import type { CommandDescription } from './command-tree.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, commands: readonly CommandDescription[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
  }
}

function flatten(commands: readonly CommandDescription[]): CommandDescription[] {
  return commands.flatMap((command) => [command, ...flatten(command.commands)]);
}

/** What may come next after a command's words: its commands, or its flags. */
function nextWords({ commands, flags, arguments: given }: CommandDescription): string[] {
  return [
    ...commands.map(({ name }) => name),
    ...given.flatMap(({ choices }) => choices),
    ...flags.map(({ long }) => long),
    '--help',
  ];
}

/** Commands by path, and what a flag's value may be by `path --flag` and `path -f`; both shells look words up the same way. */
function cases(
  commands: readonly CommandDescription[],
  line: (key: string, words: readonly string[]) => string,
): string {
  const all = flatten(commands);
  const values = all.flatMap(({ path, flags }) =>
    flags
      .filter(({ value }) => value !== undefined)
      .flatMap(({ long, short, words }) =>
        [long, ...(short === undefined ? [] : [short])].map((flag) => line(`${path} ${flag}`, words)),
      ),
  );
  const next = all.map((command) => line(command.path, nextWords(command)));
  return [...values, line('', [...commands.map(({ name }) => name), '--help', '--version']), ...next].join('');
}

function bash(commands: readonly CommandDescription[]): string {
  const table = cases(
    commands,
    (key, words) => `    ${JSON.stringify(key)}) words=${JSON.stringify(words.join(' '))} ;;\n`,
  );
  return `# bash completion for pratique: source <(pratique completion bash)
_pratique_words() {
  case "$1" in
${table}    *) return 1 ;;
  esac
}
_pratique() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} path= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] && continue
    _pratique_words "\${path:+$path }$word" && path="\${path:+$path }$word"
  done
  if [[ $before == -* ]] && _pratique_words "$path $before"; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    [[ -n $words ]] || COMPREPLY=($(compgen -f -- "$current"))
    return
  fi
  _pratique_words "$path"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -gt 0 || $current == -* ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _pratique pratique ./pratique
`;
}

function zsh(commands: readonly CommandDescription[]): string {
  const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
  const table = cases(commands, (key, words) => `    ${JSON.stringify(key)}) reply=(${quoted(words)}) ;;\n`);
  return `#compdef pratique
# zsh completion for pratique: source <(pratique completion zsh)
_pratique_words() {
  case "$1" in
${table}    *) return 1 ;;
  esac
}
_pratique() {
  local path_words= word before=\${words[CURRENT-1]}
  local -a reply
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] && continue
    _pratique_words "\${path_words:+$path_words }$word" && path_words="\${path_words:+$path_words }$word"
  done
  if [[ $before == -* ]] && _pratique_words "$path_words $before"; then
    if (( \${#reply} )); then compadd -- "\${reply[@]}"; else _files; fi
    return
  fi
  _pratique_words "$path_words"
  compadd -- "\${reply[@]}"
  _files
}
compdef _pratique pratique
`;
}

function fish(commands: readonly CommandDescription[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.map(
    ({ name, summary }) => `complete -c pratique -f -n __fish_use_subcommand -a ${name} -d ${quote(summary)}\n`,
  );
  for (const command of flatten(commands)) {
    const [verb = '', child] = command.path.split(' ');
    const seen = `__fish_seen_subcommand_from ${verb}${child === undefined ? '' : `; and __fish_seen_subcommand_from ${child}`}`;
    for (const { name, summary } of command.commands)
      lines.push(
        `complete -c pratique -f -n ${quote(`${seen}; and not __fish_seen_subcommand_from ${command.commands.map((each) => each.name).join(' ')}`)} -a ${name} -d ${quote(summary)}\n`,
      );
    for (const { long, short, value, words, description } of command.flags) {
      const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
      const takes = value === undefined ? '' : words.length > 0 ? ` -x -a ${quote(words.join(' '))}` : ' -r';
      lines.push(
        `complete -c pratique -n ${quote(seen)} -l ${long.slice(2)}${letter}${takes} -d ${quote(description)}\n`,
      );
    }
  }
  return `# fish completion for pratique: pratique completion fish | source\n${lines.join('')}`;
}
