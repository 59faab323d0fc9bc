import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { ConfigError } from '../environment/config-error.ts';
import { readTls } from '../environment/read-tls.ts';

/** libpq's, but the two that leave it to the server whether anything is encrypted. */
const modes = ['disable', 'require', 'verify-ca', 'verify-full'];
const tlsParameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * Every connection is made with this, the pool's and those that are kept for their locks. `url` is a connection URI with
 * libpq's TLS parameters, which mean what they mean to libpq: pg gives some of them another meaning. Throws a ConfigError.
 */
export function clientConfig(url: string): ClientConfig {
  const plain = new URL(url);
  const ssl = takeTls(plain);
  // Said aloud: with nothing said, pg looks into the environment.
  return { connectionString: plain.href, ssl: ssl ?? false };
}

/** Takes the TLS parameters out of `url`. PostgreSQL documentation, 34.19 "SSL Support". */
function takeTls(url: URL): ConnectionOptions | undefined {
  const [mode, rootFile, certFile, keyFile] = tlsParameters.map((name) => {
    const value = url.searchParams.get(name) ?? undefined;
    url.searchParams.delete(name);
    return value;
  });
  if (mode === undefined || mode === 'disable') {
    if (rootFile === undefined && certFile === undefined && keyFile === undefined) return undefined;
    throw new ConfigError('DATABASE_URL: sslrootcert, sslcert and sslkey do nothing so. Add sslmode=verify-full');
  }
  if (!modes.includes(mode))
    throw new ConfigError(
      `DATABASE_URL: sslmode is none of ${modes.join(', ')} ("prefer" and "allow" protect from nobody). Take verify-full`,
    );
  const { ca, client } = readTls({
    // libpq's word for the system's authorities, where a file is expected.
    ca: { variable: 'DATABASE_URL sslrootcert', path: rootFile === 'system' ? undefined : rootFile },
    cert: { variable: 'DATABASE_URL sslcert', path: certFile },
    key: { variable: 'DATABASE_URL sslkey', path: keyFile },
  });
  if (mode === 'verify-ca' && ca === undefined)
    throw new ConfigError(
      'DATABASE_URL: sslmode=verify-ca needs sslrootcert=FILE. With the public authorities, take verify-full',
    );
  return {
    ...(ca === undefined ? {} : { ca }),
    ...client,
    // As in libpq: `require` with a root certificate is `verify-ca`; without one it encrypts, and believes anybody.
    ...(mode === 'require' && ca === undefined ? { rejectUnauthorized: false } : {}),
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}
