/** What keeps a signature from being made now, by the code of whoever could not make it (`CA_UNAVAILABLE`, `TOKEN_EXPIRED`, …). */
export interface SigningDeferral {
  readonly reason: string;
  /** How long the policy waits (seconds), and what then; absent where it says nothing: it waits. */
  readonly patience?: { readonly seconds: number; readonly thereafter: 'wait' | 'give-up' };
}

/** Thrown where nothing was signed, and a later try may: an authority or a log is away, a token is not there yet. Never holds a token. */
export class SigningError extends Error {
  override readonly name = 'SigningError';
  readonly code = 'SIGNING_DEFERRED';
  readonly details: SigningDeferral;

  constructor(message: string, details: SigningDeferral, options?: ErrorOptions) {
    super(message, options);
    this.details = details;
  }
}
