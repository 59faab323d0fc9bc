/** The last look at a line before it is written: credentials inside texts, which are no fields that could be named. */

/** Names whose values never reach a log line. */
export const secretFields = [
  'authorization',
  'Authorization',
  'cookie',
  'token',
  'accessToken',
  'secret',
  'sharedSecret',
  'password',
  'passphrase',
  'privateKey',
  'key.pem',
  'connectionString',
  'databaseUrl',
  'DATABASE_URL',
] as const;

export const censor = '[redacted]';

const names = secretFields.map((name) => name.replaceAll('.', String.raw`\.`)).join('|');

/** None of them matches a quote or a backslash that it does not give back: the line stays JSON. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // A string under such a name, however deep.
  [new RegExp(String.raw`("(?:${names})":)"(?:[^"\\]|\\.)*"`, 'gi'), `$1"${censor}"`],
  // RFC 3986, section 3.2.1: what stands before the host. The user `git` is no secret.
  [/(:\/\/)(?!git@)[^\s/?#"\\]*@/gi, `$1${censor}@`],
  [/([?&](?:[\w-]*(?:token|signature|secret|password|credential)|sig|api_?key)=)[^&\s#"'\\]+/gi, `$1${censor}`],
  // As error messages quote headers (RFC 9110, section 5): all that follows on that line of the text.
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|x-[a-z-]*(?:token|key|secret))((?:\\"|')?\s*[:=]\s*(?:\\"|')?)[^"'\\]+/gi,
    `$1$2${censor}`,
  ],
  // Credentials of RFC 6750 and 7617 without their header; words of prose have no digits or capitals in them.
  [/\b(Bearer|Basic) (?=[^\s"\\]*[^a-z\s"\\])[\w.~+/=-]{8,}/g, `$1 ${censor}`],
];

/** `line` is JSON, and so is what comes back. */
export function redactLine(line: string): string {
  return patterns.reduce((text, [pattern, by]) => text.replace(pattern, by), line);
}
