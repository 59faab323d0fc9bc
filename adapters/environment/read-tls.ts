import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ConfigError } from './config-error.ts';
import { readPemFile } from './read-files.ts';

/** PEM. What is left out is the system's: its certificate authorities, no certificate of our own. */
export interface TlsFiles {
  readonly ca?: string;
  readonly client?: { readonly cert: string; readonly key: string };
}

interface Named {
  readonly variable: string;
  readonly path: string | undefined;
}

/** The files of one TLS connection. Throws a ConfigError where one is missing, or certificate and key are no pair. */
export function readTls(files: { readonly ca: Named; readonly cert: Named; readonly key: Named }): TlsFiles {
  const { ca, cert, key } = files;
  if ((cert.path === undefined) !== (key.path === undefined)) {
    const [given, missing] = cert.path === undefined ? [key, cert] : [cert, key];
    throw new ConfigError(`${given.variable} needs ${missing.variable}: set both, or neither`);
  }
  return {
    ...(ca.path === undefined ? {} : { ca: readPemFile(ca.variable, ca.path, 'certificate') }),
    ...(cert.path === undefined || key.path === undefined
      ? {}
      : { client: readPair({ ...cert, path: cert.path }, { ...key, path: key.path }) }),
  };
}

function readPair(cert: Named & { path: string }, key: Named & { path: string }): { cert: string; key: string } {
  const pair = {
    cert: readPemFile(cert.variable, cert.path, 'certificate'),
    key: readPemFile(key.variable, key.path, 'key'),
  };
  if (!isPair(pair))
    throw new ConfigError(
      `${key.variable}: ${key.path} is not the key of ${cert.path} (${cert.variable}), or is encrypted`,
    );
  return pair;
}

function isPair({ cert, key }: { cert: string; key: string }): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
