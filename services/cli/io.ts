/** What a verb may touch of the process it runs in. Results go to `out`, everything else to `err`. */
export interface CliIo {
  readonly out: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly err: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly in: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /** The clock times are shown against ("3 minutes ago"); the machine's where it is absent. */
  readonly now?: () => Date;
}
