import { stringify } from 'yaml';

/** What the CNCF distribution registry is told (its docs/configuration.md; the same keys in 2.8 and 3.x). */
export function registryConfig(options: {
  /** What it listens on, `host:port`. */
  readonly listen: string;
  readonly storageDir: string;
  readonly gatewayUrl: string;
  readonly webhookSecret: string;
  readonly httpSecret: string;
}): string {
  return stringify({
    version: '0.1',
    log: { level: 'warn', formatter: 'json', accesslog: { disabled: true } },
    // No blob descriptor cache: a manifest that was deleted must be gone for the next reader.
    storage: { filesystem: { rootdirectory: options.storageDir }, delete: { enabled: true } },
    http: {
      addr: options.listen,
      secret: options.httpSecret,
      headers: { 'X-Content-Type-Options': ['nosniff'] },
    },
    notifications: {
      endpoints: [
        {
          name: 'pratique',
          url: `${options.gatewayUrl}/hooks/distribution`,
          headers: { Authorization: [`Bearer ${options.webhookSecret}`] },
          timeout: '5s',
          threshold: 5,
          backoff: '1s',
          // Reads and blobs say nothing to Pratique, and there are twenty of them to every manifest pushed.
          ignore: { actions: ['pull', 'mount'], mediatypes: ['application/octet-stream'] },
        },
      ],
    },
  });
}
