/** What `-o` says, for verbs that write one answer in several formats: `format`, `format@version`, each with `=path`. */
import { InvalidArgumentError, Option } from 'commander';
import { ownValue } from '../../domain/own-value.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

export interface OutputChoice {
  readonly format: string;
  readonly version: string | undefined;
  /** Absent: stdout. */
  readonly file: string | undefined;
}

/** By name the versions of each format, none where it has no versions. */
export type KnownFormats = Readonly<Record<string, readonly string[]>>;

/** `-o`: several formats apart by commas, several times. Its parser throws commander's InvalidArgumentError. */
export class OutputOption extends Option {
  readonly formats: readonly string[];

  /** `value` as help shows it: `<format[=path]>`. */
  constructor(value: string, known: KnownFormats) {
    const formats = Object.keys(known);
    super(`-o, --output ${value}`, `one of ${formats.join(', ')}; repeatable`);
    this.formats = formats;
    this.argParser(collectOutputs(known));
  }
}

function collectOutputs(known: KnownFormats) {
  return (text: string, before: readonly OutputChoice[] | undefined): OutputChoice[] => [
    ...(before ?? []),
    ...text.split(',').map((one) => parseOutput(one, known)),
  ];
}

function parseOutput(text: string, known: KnownFormats): OutputChoice {
  const equals = text.indexOf('=');
  const [format = '', version] = (equals === -1 ? text : text.slice(0, equals)).split('@', 2);
  const file = equals === -1 ? undefined : text.slice(equals + 1);
  const versions = ownValue(known, format);
  if (versions === undefined)
    throw new InvalidArgumentError(`"${format}" is none of ${Object.keys(known).join(', ')}.`);
  if (version !== undefined && !versions.includes(version))
    throw new InvalidArgumentError(
      versions.length === 0
        ? `"${format}" has no versions.`
        : `${format} is written in version ${versions.toSorted().join(', ')}; not in "${version}".`,
    );
  if (file === '') throw new InvalidArgumentError(`"${text}" names no file after "=".`);
  return { format, version: version ?? versions[0], file };
}

/** `--json` is one more. Throws a CliError where two answers would be mixed on stdout, or two in one file. */
export function chooseOutputs(
  { output = [], json }: { readonly output?: readonly OutputChoice[]; readonly json?: boolean },
  otherwise: Pick<OutputChoice, 'format' | 'version'>,
  example: string,
): readonly OutputChoice[] {
  const extra: readonly OutputChoice[] = json === true ? [{ format: 'json', version: undefined, file: undefined }] : [];
  const wanted = [...output, ...extra];
  const files = wanted.map(({ file }) => file);
  const twice = files.find((file, index) => files.indexOf(file) !== index);
  if (new Set(files).size < files.length)
    throw new CliError(
      exitCodes.usage,
      'OUTPUT_TWICE',
      twice === undefined ? 'two documents can not both go to stdout' : `two documents can not both go to ${twice}`,
      { hint: `Give each but one a file of its own: ${example}` },
    );
  return wanted.length > 0 ? wanted : [{ ...otherwise, file: undefined }];
}
