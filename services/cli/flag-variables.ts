import type { EventEmitter } from 'node:events';
import { Command, type Option } from 'commander';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the variable of a flag that takes no value sets it. */
export function isVariableOn(value: string | undefined): boolean {
  return !['', '0', 'false', 'no'].includes((value ?? '').toLowerCase());
}

/** `--dry-run` is PRATIQUE_DRY_RUN, and `--no-cache` PRATIQUE_NO_CACHE: what is set to yes is what the flag says. */
function nameVariable(option: Option): void {
  if (typeof option.long !== 'string' || option.envVar !== undefined) return;
  const name = option.long.replace(/^--/, '').replaceAll('-', '_');
  option.env(`PRATIQUE_${name.toUpperCase()}`);
}

/**
 * A command whose every flag has a variable, taken from the environment it is given.
 */
export class CliCommand extends Command {
  readonly #environment: Environment;

  constructor(name: string | undefined, environment: Environment) {
    super(name);
    this.#environment = environment;
  }

  override createCommand(name?: string): Command {
    return new CliCommand(name, this.#environment);
  }

  override addOption(option: Option): this {
    nameVariable(option);
    return super.addOption(option);
  }

  /** After the words of the command line, which count most. */
  override parseOptions(argv: string[]): ReturnType<Command['parseOptions']> {
    const parsed = super.parseOptions(argv);
    this.#refuseUnknown(parsed.unknown);
    for (const option of this.options) this.#readVariable(option);
    return parsed;
  }

  /** Before a mandatory flag is missed: it may be the one that was misspelt. Commander suggests the right one. */
  #refuseUnknown(unknown: readonly string[]): void {
    const first = unknown[0];
    if (first === undefined || this.commands.length > 0 || unknown.includes('-h') || unknown.includes('--help')) return;
    (this as unknown as { unknownOption(flag: string): void }).unknownOption(first);
  }

  #readVariable(option: Option): void {
    const value = option.envVar === undefined ? undefined : this.#environment[option.envVar];
    const key = option.attributeName();
    // One that is set to nothing is how a script or a container file leaves it out.
    if (value === undefined || value === '' || ![undefined, 'default'].includes(this.getOptionValueSource(key))) return;
    const takesValue = option.required || option.optional;
    if (takesValue || isVariableOn(value))
      (this as unknown as EventEmitter).emit(`optionEnv:${option.name()}`, takesValue ? value : undefined);
    this.setOptionValueWithSource(key, this.getOptionValue(key), 'variable');
  }

  /** Commander's own look into the process: it takes a variable that is set to nothing, or to `0`, for a yes. */
  _parseOptionsEnv(): void {
    // All of it is done above.
  }
}
