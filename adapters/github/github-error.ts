export type GithubErrorCode =
  | 'GITHUB_UNAVAILABLE' // no answer, or "not now": try again
  | 'GITHUB_DENIED' // the token is missing, wrong, or may not read attestations
  | 'GITHUB_ANSWER_INVALID' // not what the API documents, or more than is read
  | 'GITHUB_PLACE_INVALID';

/** Thrown where GitHub does not give the attestations there may be. The message names the address, never the token. */
export class GithubError extends Error {
  override readonly name = 'GithubError';
  readonly code: GithubErrorCode;

  constructor(code: GithubErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
