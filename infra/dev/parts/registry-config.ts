import { stringify } from 'yaml';
import { registryRealm } from '../registry-realm.ts';
import { registryTokenIssuer, registryTokenService } from '../registry-users.ts';

/** What the CNCF distribution registry is told (its docs/configuration.md; the same keys in 2.8 and 3.x). */
export function registryConfig(options: {
  /** What it listens on, `host:port`. */
  readonly listen: string;
  readonly storageDir: string;
  readonly gatewayUrl: string;
  readonly webhookSecret: string;
  readonly httpSecret: string;
  /** Who the registry's users are is the gateway's business; without it, everybody may do everything. */
  readonly users?: {
    /** The gateway's address as clients reach it. */
    readonly gatewayUrl: string;
    /** Where the registry finds the certificate of the tokens' key. */
    readonly certificateFile: string;
  };
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
    ...(options.users === undefined ? {} : { auth: { token: tokenAuth(options.users) } }),
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

/** Distribution's docs/configuration.md, "token"; the same keys in 2.8 and 3.x. */
function tokenAuth({ gatewayUrl, certificateFile }: { gatewayUrl: string; certificateFile: string }) {
  return {
    realm: registryRealm(gatewayUrl).href,
    service: registryTokenService,
    issuer: registryTokenIssuer,
    rootcertbundle: certificateFile,
  };
}
