/** The API, with a token that is kept in this page's memory and nowhere else: leaving or reloading it forgets it. */
let token = '';

/** An answer that is no success: its message, with what to do next. */
export class RefusedError extends Error {
  constructor({ code = 'UNREADABLE', message = 'the server does not answer as it should', hint } = {}) {
    super(hint === undefined ? message : `${message}. ${hint}`);
    this.code = code;
  }
}

export function enter(text) {
  token = text.trim();
}

/** The path is relative to the page, so that a proxy may put both below a folder. */
export async function call(method, path, body) {
  const response = await fetch(new URL(`api/v1${path}`, new URL('.', location.href)), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  }).catch(() => {
    throw new RefusedError({ message: 'the server cannot be reached: try again' });
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  // What the API says of it is for those who write headers.
  if (response.status === 401)
    throw new RefusedError({
      code: answer.error?.code,
      message: 'This token is wrong, has expired, or was revoked',
      hint: 'An administrator makes a new one: pratique token create',
    });
  throw new RefusedError(answer.error);
}

export const get = (path) => call('GET', path);
export const post = (path, body) => call('POST', path, body);
