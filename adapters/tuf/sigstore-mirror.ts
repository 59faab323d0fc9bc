/** Sigstore's public-good repository (sigstore/root-signing): the only one whose first root comes with us. */
export const SIGSTORE_MIRROR = 'https://tuf-repo-cdn.sigstore.dev';
