/** The HTTP API as a person with one token sees it. Answers of every status are results. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape and fail where it is another
  readonly body: any;
}

export interface ApiClient {
  readonly baseUrl: string;
  readonly token: string;
  get(path: string, query?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  post(path: string, body: object): Promise<ApiAnswer>;
}

export function createApiClient(baseUrl: string, token: string): ApiClient {
  const call = async (url: URL, init: RequestInit): Promise<ApiAnswer> => {
    const response = await fetch(url, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    baseUrl,
    token,
    get(path, query = {}) {
      const url = new URL(path, baseUrl);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return call(url, { method: 'GET' });
    },
    post: (path, body) => call(new URL(path, baseUrl), { method: 'POST', body: JSON.stringify(body) }),
  };
}
