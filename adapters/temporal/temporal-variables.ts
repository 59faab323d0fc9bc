/** How a service is told to reach Temporal: the variables of Temporal's own clients, and a file for the API key. */
import type { z } from 'zod';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { ConfigError } from '../environment/config-error.ts';
import { readSecretFile } from '../environment/read-files.ts';
import { readTls } from '../environment/read-tls.ts';
import { flag, host, text } from '../environment/variable-kinds.ts';
import type { TemporalSettings } from './connect.ts';

export const temporalVariables = {
  TEMPORAL_ADDRESS: host.describe("host:port of Temporal's frontend, or of Temporal Cloud's endpoint"),
  TEMPORAL_NAMESPACE: text.default('default').describe('the namespace all workflows live in'),
  TEMPORAL_TLS: flag
    .optional()
    .describe('true for TLS, false for none; unset, TLS is on where one of its files or an API key is named'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: text
    .optional()
    .describe("PEM file with the certificate authorities of the server; unset, the system's are used"),
  TEMPORAL_TLS_CLIENT_CERT_PATH: text
    .optional()
    .describe('PEM file with our certificate, for mutual TLS; needs TEMPORAL_TLS_CLIENT_KEY_PATH'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: text.optional().describe('PEM file with the key of that certificate, not encrypted'),
  TEMPORAL_TLS_SERVER_NAME: text
    .optional()
    .describe("the name in the server's certificate, where it is not the one in the address"),
  TEMPORAL_API_KEY_FILE: text.optional().describe('file with an API key (Temporal Cloud)'),
} as const;

type Read = z.output<z.ZodObject<typeof temporalVariables>>;

/** Throws a ConfigError. */
export function readTemporal(read: Read): TemporalSettings {
  const files = readTls({
    ca: { variable: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', path: read.TEMPORAL_TLS_SERVER_CA_CERT_PATH },
    cert: { variable: 'TEMPORAL_TLS_CLIENT_CERT_PATH', path: read.TEMPORAL_TLS_CLIENT_CERT_PATH },
    key: { variable: 'TEMPORAL_TLS_CLIENT_KEY_PATH', path: read.TEMPORAL_TLS_CLIENT_KEY_PATH },
  });
  const serverName = read.TEMPORAL_TLS_SERVER_NAME;
  const named = Object.keys(files).length > 0 || serverName !== undefined;
  if (named && read.TEMPORAL_TLS === false)
    throw new ConfigError(
      'TEMPORAL_TLS is false, and other variables of TLS are set: leave them out, or set it to true',
    );
  const keyFile = read.TEMPORAL_API_KEY_FILE;
  const encrypted = read.TEMPORAL_TLS ?? (named || keyFile !== undefined);
  if (keyFile !== undefined && !encrypted && !isLoopbackHost(read.TEMPORAL_ADDRESS))
    throw new ConfigError('TEMPORAL_API_KEY_FILE: the key would travel in the clear. Set TEMPORAL_TLS to true');
  return {
    address: read.TEMPORAL_ADDRESS,
    namespace: read.TEMPORAL_NAMESPACE,
    ...(encrypted ? { tls: { ...files, ...(serverName === undefined ? {} : { serverName }) } } : {}),
    ...(keyFile === undefined ? {} : { apiKey: readSecretFile('TEMPORAL_API_KEY_FILE', keyFile) }),
  };
}
