/** How a service is told to reach PostgreSQL. */
import { z } from 'zod';
import { ConfigError } from '../environment/config-error.ts';
import { readSecretFile } from '../environment/read-files.ts';
import { text } from '../environment/variable-kinds.ts';
import { clientConfig } from './client-config.ts';

export const postgresVariables = {
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'expected postgres://user@host:port/database')
    .refine(
      (given) => URL.canParse(given),
      'is no URL (encode special characters of a password, or put it into a file)',
    )
    .describe(
      'postgres://user:password@host:port/database; for TLS with ?sslmode=verify-full, sslrootcert=FILE and, for a certificate of our own, sslcert=FILE and sslkey=FILE',
    ),
  DATABASE_PASSWORD_FILE: text.optional().describe('file with the password, instead of one in DATABASE_URL'),
} as const;

/** The URL to connect with, password included. Throws a ConfigError. */
export function readPostgres(read: z.output<z.ZodObject<typeof postgresVariables>>): string {
  const url = new URL(read.DATABASE_URL);
  if (read.DATABASE_PASSWORD_FILE !== undefined) {
    if (url.password !== '')
      throw new ConfigError('DATABASE_URL has a password, and DATABASE_PASSWORD_FILE is set: leave one of them out');
    url.password = encodeURIComponent(readSecretFile('DATABASE_PASSWORD_FILE', read.DATABASE_PASSWORD_FILE));
    // A URL without a host takes no password, and says nothing.
    if (url.password === '') throw new ConfigError('DATABASE_URL: DATABASE_PASSWORD_FILE needs user@host in it');
  }
  // What is wrong about its TLS ends the start, and not the first query.
  clientConfig(url.href);
  return url.href;
}
