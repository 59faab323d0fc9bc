import { readFile } from 'node:fs/promises';
import { KeyError } from '../sigstore/key-error.ts';

/** The text of a file that the environment names, never a reference. Throws KEY_STORE_DENIED. */
export async function readCredentialsFile(reference: string, file: string, namedBy: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new KeyError(
      'KEY_STORE_DENIED',
      `${reference}: ${file}, which ${namedBy} names, can not be read: look whether it is there, and whose it is`,
      { cause },
    );
  }
}
