import { KeyError } from '../sigstore/key-error.ts';
import { readLocalSigner } from '../sigstore/local-signer.ts';
import type { KeyProvider } from './key-provider.ts';

/** `env://NAME`: the text of a key file, in a variable of the environment, as cosign has it. */
export const environmentKey: KeyProvider = {
  prefix: 'env://',
  async open(reference, { env, passphrase }) {
    const name = reference.slice('env://'.length);
    const pem = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? env[name] : undefined;
    if (pem === undefined || pem === '')
      throw new KeyError('KEY_MISSING', `${reference}: the environment has no such variable, or it is empty`);
    return readLocalSigner(pem, reference, passphrase);
  },
};
