/** Files that variables name. Read when a service starts, so that a missing one ends the start and not the first call. */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/** The text of the file that `variable` names. Throws a ConfigError. */
export function readTextFile(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given';
    throw new ConfigError(
      `${variable}: ${path} cannot be read (${code}). Name a file that the user of this process may read`,
      { cause },
    );
  }
}

/** A password or key by itself in a file, without the white space around it. `atLeast`: characters. Throws a ConfigError. */
export function readSecretFile(variable: string, path: string, atLeast = 1): string {
  const secret = readTextFile(variable, path).trim();
  if (secret === '') throw new ConfigError(`${variable}: ${path} is empty. Write the secret into it`);
  if (secret.length < atLeast)
    throw new ConfigError(
      `${variable}: the secret in ${path} is shorter than ${atLeast} characters. Take a longer one`,
    );
  return secret;
}

/** A PEM file. Throws a ConfigError where it holds no PEM of that kind: its bytes would fail much later, at the first handshake. */
export function readPemFile(variable: string, path: string, kind: 'certificate' | 'key'): string {
  const pem = readTextFile(variable, path);
  const label = kind === 'certificate' ? 'CERTIFICATE' : '(?:[A-Z]+ )?PRIVATE KEY';
  if (!new RegExp(`^-----BEGIN ${label}-----`, 'm').test(pem))
    throw new ConfigError(`${variable}: ${path} holds no ${kind} in PEM (-----BEGIN ...-----). Convert it to PEM`);
  return pem;
}
