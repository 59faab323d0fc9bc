import type { Signer } from '../../domain/trust/signer.ts';

/** What providers may ask of the process they run in. */
export interface KeyContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file the user named. */
  readFile(file: string): Promise<string>;
  /** Of an encrypted key; undefined where none was given. */
  passphrase(): Promise<string | undefined>;
}

/** One place keys are kept in. Its references begin with `prefix`. */
export interface KeyProvider {
  readonly prefix: string;
  /** A Signer on the key the reference names, which has been asked for its public key. Throws a KeyError. */
  open(reference: string, context: KeyContext): Promise<Signer>;
}
