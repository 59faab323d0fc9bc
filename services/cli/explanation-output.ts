/** What `--explain` answers in: text, or JSON; to stdout or a file, as `-o` says it of documents. */
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { chooseOutputs, type OutputChoice } from './output-choice.ts';
import { writeOutput } from './write-output.ts';

/** Throws a CliError as `chooseOutputs` does, and where a format is asked for that holds no explanation. */
export function chooseExplanationOutputs(options: Parameters<typeof chooseOutputs>[0]): readonly OutputChoice[] {
  const outputs = chooseOutputs(options, { format: 'table', version: undefined }, '-o json=explanation.json');
  const other = outputs.find(({ format }) => format !== 'table' && format !== 'json');
  if (other !== undefined)
    throw new CliError(exitCodes.usage, 'OUTPUT_NOT_OF_EXPLAIN', `--explain is not written as ${other.format}`, {
      hint: 'take -o table or -o json, or leave --explain out',
    });
  return outputs;
}

/** `toText` is for people. */
export async function writeExplanation<T>(
  explained: T,
  toText: (explained: T) => string,
  outputs: readonly OutputChoice[],
  io: CliIo,
): Promise<void> {
  for (const { format, file } of outputs) {
    const text = format === 'json' ? `${JSON.stringify(explained, undefined, 2)}\n` : toText(explained);
    await writeOutput([text], file, io);
  }
}
