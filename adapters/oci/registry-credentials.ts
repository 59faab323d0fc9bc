/** What a registry or its token server takes. Never logged, never in a message. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/** Where credentials come from each time they are needed: passwords of credential helpers end after hours. */
export interface CredentialSource {
  /** Undefined: nobody in particular. */
  current(): Promise<RegistryCredentials | undefined>;
  /** What was last given was refused: others, if there are any, come next. */
  refused(): void;
}

/** Long enough to ask a helper seldom, short enough to take up a new password soon. */
const KEPT_MS = 5 * 60_000;
/** One that refuses everybody does not make us ask at every call. */
const KEPT_AT_LEAST_MS = 5000;

/** Asks `read` when what it said is old, or was refused; once for all that wait. A failure is nobody's answer but its own. */
export function createCredentialSource(
  read: () => Promise<RegistryCredentials | undefined>,
  now: () => number = () => performance.now(),
): CredentialSource {
  let kept:
    | { readonly answer: Promise<RegistryCredentials | undefined>; readonly at: number; until: number }
    | undefined;
  return {
    current() {
      if (kept !== undefined && now() < kept.until) return kept.answer;
      const asked = { answer: read(), at: now(), until: now() + KEPT_MS };
      kept = asked;
      asked.answer.catch(() => {
        if (kept === asked) kept = undefined;
      });
      return asked.answer;
    },
    refused() {
      if (kept !== undefined) kept.until = Math.min(kept.until, kept.at + KEPT_AT_LEAST_MS);
    },
  };
}
