import type { Command } from 'commander';

/** Whether the variable of a flag that takes no value sets it. */
export function isVariableOn(value: string | undefined): boolean {
  return !['', '0', 'false', 'no'].includes((value ?? '').toLowerCase());
}

/** `--dry-run` is PRATIQUE_DRY_RUN. */
function variableOf(longFlag: string): string {
  return `PRATIQUE_${longFlag
    .replace(/^--(?:no-)?/, '')
    .replaceAll('-', '_')
    .toUpperCase()}`;
}

/**
 * Gives every flag of a command, and of the commands under it, its environment variable. A flag without a value is set by
 * anything but an empty text, `0`, `false` and `no`.
 */
export function nameFlagVariables(command: Command, env: Readonly<Record<string, string | undefined>>): void {
  for (const option of command.options) {
    if (option.long === undefined || option.long === null) continue;
    const variable = option.envVar ?? variableOf(option.long);
    const isOff = option.isBoolean() && env[variable] !== undefined && !isVariableOn(env[variable]);
    if (!isOff) option.env(variable);
  }
  for (const child of command.commands) nameFlagVariables(child, env);
}
