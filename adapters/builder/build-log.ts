import { StringDecoder } from 'node:string_decoder';

/** Characters kept of the end of a log, and of one line. */
const TAIL = 16_384;
const LINE = 1000;
/** Lines handed on as progress; of what follows, the end is kept. */
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
  const clean = (raw: string) =>
    printable(secrets.reduce((text, secret) => text.replaceAll(secret, '***'), raw)).slice(0, LINE);
  const emit = (raw: string) => {
    const line = clean(raw);
    kept = `${kept}${line}\n`.slice(-TAIL);
    streamed += 1;
    progress(line);
    if (streamed === STREAMED) progress('(more output than is streamed; the end of it is kept)');
  };
  return {
    write(chunk) {
      const text = pending + decoder.write(chunk);
      // Who prints without end costs no more than the keeping of the last of it: looked at line by line only when asked.
      if (streamed >= STREAMED) {
        pending = text.slice(-2 * TAIL);
        return;
      }
      const lines = text.split('\n');
      // A program that never ends its line may not fill the memory. Its beginning is kept: a cut could leave half a secret.
      pending = (lines.pop() ?? '').slice(0, TAIL);
      for (const [at, line] of lines.entries()) {
        if (streamed >= STREAMED) {
          pending = [...lines.slice(at), pending].join('\n').slice(-2 * TAIL);
          return;
        }
        emit(line);
      }
    },
    flush() {
      const rest = pending + decoder.end();
      if (streamed >= STREAMED) {
        pending = rest;
        return;
      }
      pending = '';
      if (rest !== '') emit(rest);
    },
    tail() {
      if (streamed < STREAMED) return kept;
      const lines = pending.split('\n');
      // Cut anywhere, the first of them may begin inside a secret.
      if (pending.length >= 2 * TAIL) lines.shift();
      return `${kept}${lines.map(clean).join('\n')}`.slice(-TAIL);
    },
  };
}

/** Without terminal control sequences (ECMA-48) and other control characters: logs are shown on terminals. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the purpose
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
