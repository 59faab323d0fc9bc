import { StringDecoder } from 'node:string_decoder';

/** Characters kept of the end of a log, and of one line. */
const TAIL = 16_384;
const LINE = 1000;
/** Lines handed on as progress; the tail goes on after that. */
const STREAMED = 50_000;

/** What a recipe printed: every line streamed once, the end of it kept, secrets of the environment struck out. */
export interface BuildLog {
  write(chunk: Buffer): void;
  /** Hands on a last line without its end. */
  flush(): void;
  tail(): string;
}

/** `secrets` are values that must not be printed. */
export function createBuildLog(progress: (line: string) => void, secrets: readonly string[]): BuildLog {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  let kept = '';
  let streamed = 0;
  const emit = (raw: string) => {
    const line = printable(secrets.reduce((text, secret) => text.replaceAll(secret, '***'), raw)).slice(0, LINE);
    kept = `${kept}${line}\n`.slice(-TAIL);
    streamed += 1;
    if (streamed <= STREAMED) progress(line);
    if (streamed === STREAMED) progress('(more output than is streamed; the end of it is kept)');
  };
  return {
    write(chunk) {
      const lines = (pending + decoder.write(chunk)).split('\n');
      // A program that never ends its line may not fill the memory.
      pending = (lines.pop() ?? '').slice(-TAIL);
      for (const line of lines) emit(line);
    },
    flush() {
      const rest = pending + decoder.end();
      pending = '';
      if (rest !== '') emit(rest);
    },
    tail: () => kept,
  };
}

/** Without terminal control sequences (ECMA-48) and other control characters: logs are shown on terminals. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the purpose
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
