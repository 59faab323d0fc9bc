import type { CommandDescription, FlagDescription } from './command-tree.ts';

const BEGIN = '<!-- From here on generated: node services/cli/print-docs.ts -->';

/** docs/cli.md with its reference part replaced by what the verbs declare. Throws where the page has no such part. */
export function withReference(page: string, commands: readonly CommandDescription[]): string {
  const at = page.indexOf(BEGIN);
  if (at === -1) throw new TypeError(`docs/cli.md has no line "${BEGIN}"`);
  return `${page.slice(0, at)}${BEGIN}\n\n## Reference\n\n${commands.map(renderCommand).join('\n')}`;
}

function renderCommand(command: CommandDescription): string {
  const { path, summary, commands } = command;
  const level = path.includes(' ') ? '####' : '###';
  if (commands.length > 0)
    return `${level} pratique ${path}\n\n${summary}.\n\n${commands.map(renderCommand).join('\n')}`;
  const words = command.arguments.map(({ name }) => ` ${name}`).join('');
  const required = command.flags
    .filter(({ isRequired }) => isRequired)
    .map(({ long, value }) => ` ${long} ${value ?? ''}`);
  return [
    `${level} pratique ${path}\n`,
    `${summary.replace(/\.$/, '')}.\n`,
    `\`\`\`text\npratique ${path}${words}${required.join('')}${command.flags.length > required.length ? ' [flags]' : ''}\n\`\`\`\n`,
    ...(command.arguments.length + command.flags.length === 0 ? [] : [renderTable(command)]),
    ...(command.after === '' ? [] : [`\`\`\`text\n${command.after}\n\`\`\`\n`]),
  ].join('\n');
}

/** Of every command that asks the server: the page describes them once. */
const SERVER_FLAGS: readonly string[] = ['--url', '--token-file', '--full', '--json'];

function renderTable({ arguments: given, flags: all }: CommandDescription): string {
  const asksServer = all.some(({ long }) => long === '--full');
  const flags = asksServer ? all.filter(({ long }) => !SERVER_FLAGS.includes(long)) : all;
  const rest = asksServer
    ? '\nAnd [the flags of every verb that asks the server](#flags-of-every-verb-that-asks-the-server).\n'
    : '';
  if (given.length + flags.length === 0) return rest.trimStart();
  const rows = [
    ...given.map(({ name, description, choices }) => [code(name), '', sentence(description, choices, undefined)]),
    ...flags.map((flag) => [
      code(nameOf(flag)),
      code(flag.variable),
      sentence(flag.description, flag.choices, flag.preset),
    ]),
  ];
  return `| | variable | |\n| --- | --- | --- |\n${rows.map((row) => `| ${row.join(' | ')} |\n`).join('')}${rest}`;
}

function nameOf({ short, long, value }: FlagDescription): string {
  return `${short === undefined ? '' : `${short}, `}${long}${value === undefined ? '' : ` ${value}`}`;
}

function sentence(description: string, choices: readonly string[], preset: string | undefined): string {
  const allowed = choices.length === 0 ? '' : `: ${choices.join(', ')}`;
  return `${description}${allowed}${preset === undefined ? '' : ` (default: ${preset})`}`.replaceAll('|', '\\|');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
}
