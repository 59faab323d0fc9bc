import { wordsOf } from './package-hosts.ts';

/** The values of an environment that a log must not show: of variables named so, and the credentials inside of addresses. Longest first. */
export function secretsOf(environment: Readonly<Record<string, string>>): string[] {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(environment)) {
    if (/token|auth|secret|passw|key/i.test(name)) found.add(value);
    for (const address of wordsOf(value)) if (URL.canParse(address)) for (const one of inside(address)) found.add(one);
  }
  // What is shorter would strike out half of every log, and is no secret.
  return [...found].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
}

/** As written, as decoded, and as an `Authorization` header carries it (RFC 7617). */
function inside(address: string): string[] {
  const { username, password } = new URL(address);
  if (password === '') return username === '' ? [] : [username, decode(username)];
  const pair = `${decode(username)}:${decode(password)}`;
  return [password, decode(password), `${username}:${password}`, Buffer.from(pair).toString('base64')];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
