/** The frame of SARIF 2.1.0 (OASIS standard) that every report of ours has. */

interface SarifLog {
  readonly toolVersion: string;
  readonly rules: readonly object[];
  readonly results: readonly object[];
  /** What could not be decided, a sentence each. */
  readonly notifications: readonly string[];
  /** False where something could not be read. */
  readonly complete: boolean;
}

/** One run, as text that ends in a newline. */
export function formatSarif({ toolVersion, rules, results, notifications, complete }: SarifLog): string {
  const run = {
    tool: { driver: { name: 'pratique', version: toolVersion, rules } },
    invocations: [
      {
        executionSuccessful: complete,
        toolExecutionNotifications: notifications.map((text) => ({ level: 'warning', message: { text } })),
      },
    ],
    results,
    columnKind: 'utf16CodeUnits',
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** A URI reference relative to what was looked at: `/usr/lib/x` of an image is `usr/lib/x`. */
export function sarifUri(path: string): string {
  return path.replace(/^\/+/, '').split('/').map(encodeURIComponent).join('/');
}
