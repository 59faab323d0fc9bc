/** How a service is told to reach Kafka. */
import { z } from 'zod';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { ConfigError } from '../environment/config-error.ts';
import { readSecretFile } from '../environment/read-files.ts';
import { readTls } from '../environment/read-tls.ts';
import { address, flag, list, text } from '../environment/variable-kinds.ts';
import type { KafkaSettings } from './connect.ts';

export const kafkaVariables = {
  KAFKA_BROKERS: list.pipe(z.array(address).min(1)).describe('host:port of any of the brokers; several between commas'),
  KAFKA_TLS: flag.optional().describe('true for TLS, false for none; unset, TLS is on where one of its files is named'),
  KAFKA_CA_FILE: text
    .optional()
    .describe("PEM file with the certificate authorities of the brokers; unset, the system's are used"),
  KAFKA_CERT_FILE: text.optional().describe('PEM file with our certificate, for mutual TLS; needs KAFKA_KEY_FILE'),
  KAFKA_KEY_FILE: text.optional().describe('PEM file with the key of that certificate, not encrypted'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('how to log in: plain, scram-sha-256 or scram-sha-512; unset, nobody logs in'),
  KAFKA_SASL_USERNAME: text.optional().describe('who logs in'),
  KAFKA_SASL_PASSWORD_FILE: text.optional().describe('file with the password of that user'),
} as const;

type Read = z.output<z.ZodObject<typeof kafkaVariables>>;

/** Throws a ConfigError. */
export function readKafka(read: Read): KafkaSettings {
  const files = readTls({
    ca: { variable: 'KAFKA_CA_FILE', path: read.KAFKA_CA_FILE },
    cert: { variable: 'KAFKA_CERT_FILE', path: read.KAFKA_CERT_FILE },
    key: { variable: 'KAFKA_KEY_FILE', path: read.KAFKA_KEY_FILE },
  });
  const named = Object.keys(files).length > 0;
  if (named && read.KAFKA_TLS === false)
    throw new ConfigError('KAFKA_TLS is false, and files for TLS are named: leave them out, or set it to true');
  const encrypted = read.KAFKA_TLS ?? named;
  const sasl = readSasl(read, encrypted);
  return {
    brokers: read.KAFKA_BROKERS,
    ...(encrypted ? { tls: { ...(files.ca === undefined ? {} : { ca: files.ca }), ...files.client } } : {}),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function readSasl(read: Read, encrypted: boolean): KafkaSettings['sasl'] {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD_FILE: file } = read;
  if (mechanism === undefined) {
    if (username === undefined && file === undefined) return undefined;
    throw new ConfigError(
      'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD_FILE need KAFKA_SASL_MECHANISM: set it to plain, scram-sha-256 or scram-sha-512',
    );
  }
  if (username === undefined || file === undefined)
    throw new ConfigError('KAFKA_SASL_MECHANISM needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD_FILE: set both');
  // Set to false, somebody has decided: a mesh may encrypt below us.
  if (!encrypted && read.KAFKA_TLS === undefined && !read.KAFKA_BROKERS.every(isLoopbackHost))
    throw new ConfigError(
      'KAFKA_SASL_MECHANISM: a password would travel in the clear. Set KAFKA_TLS to true (or name KAFKA_CA_FILE); to false where the network itself encrypts',
    );
  return { mechanism, username, password: readSecretFile('KAFKA_SASL_PASSWORD_FILE', file) };
}
