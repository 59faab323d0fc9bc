import type { CliIo } from './io.ts';

/** One line on a terminal that says how far a command is; nothing where nobody watches. */
export interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

/** Chunks between two updates: terminals are slow. */
const EVERY = 16;
const ERASE_LINE = '\r\u001b[2K';

export function createProgressLine(io: CliIo): ProgressLine {
  if (io.err.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  let calls = 0;
  return {
    show(text) {
      if (calls % EVERY === 0) io.err.write(`${ERASE_LINE}${text}`);
      calls += 1;
    },
    clear() {
      if (calls > 0) io.err.write(ERASE_LINE);
      calls = 0;
    },
  };
}
