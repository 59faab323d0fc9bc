/** What a key store of a cloud is asked with. */
export interface AccessToken {
  readonly value: string;
  /** For how long it counts, from when it came. */
  readonly seconds: number;
}

/** A token that ends within this time is not used any more. */
const LEFT_MS = 60_000;

/** One token for all who ask, and another before it ends. */
export function keepToken(fetchToken: () => Promise<AccessToken>): () => Promise<string> {
  let kept = { value: '', endsAt: 0 };
  let asked: Promise<typeof kept> | undefined;
  const ask = async () => {
    const { value, seconds } = await fetchToken();
    return { value, endsAt: Date.now() + seconds * 1000 };
  };
  return async () => {
    if (kept.endsAt - Date.now() > LEFT_MS) return kept.value;
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    kept = await asked;
    return kept.value;
  };
}
