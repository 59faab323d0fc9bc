/** Who signs, as an OpenID Connect token for the audience "sigstore": given, or what the surroundings hold ready. */
import { z } from 'zod';
import { createEgress, type EgressOptions } from '../../egress/egress.ts';
import { EgressError } from '../../egress/egress-error.ts';
import { KeylessError } from './keyless-error.ts';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; rejects where there is none. */
  readFile(file: string): Promise<string>;
  readonly now: () => Date;
  /** How long GitHub is waited for; without it, as long as anybody. */
  readonly timeouts?: EgressOptions['timeouts'];
}

const AUDIENCE = 'sigstore';
const MAX_TOKEN_CHARACTERS = 64 * 1024;
const MAX_ANSWER_BYTES = 128 * 1024;
/** Seconds: clocks of honest machines differ by less. */
const SKEW_SECONDS = 300;
/** Where a projected service account token is mounted, by cosign's convention (pkg/providers/filesystem). */
const PROJECTED = '/var/run/sigstore/cosign/oidc-token';

/** Each looks in one place; undefined where it is not there. */
const sources: readonly ((surroundings: Surroundings) => Promise<string | undefined>)[] = [
  // GitLab's id_tokens, and whoever sets it (cosign's envvar provider).
  async ({ env }) => env.SIGSTORE_ID_TOKEN,
  async (surroundings) => askGitHub(surroundings),
  async ({ readFile }) => readFile(PROJECTED).catch(() => undefined),
];

/** `given`: a token, or a file with one, which is read anew each time. Throws a KeylessError that never quotes it. */
export async function readIdentityToken(given: string | undefined, surroundings: Surroundings): Promise<string> {
  const { now } = surroundings;
  if (given !== undefined)
    return checkToken(isToken(given) ? given : await readTokenFile(given, surroundings), 'the identity token', now());
  for (const source of sources) {
    const token = (await source(surroundings))?.trim();
    if (token) return checkToken(token, 'the identity token of the surroundings', now());
  }
  throw new KeylessError(
    'TOKEN_MISSING',
    'nobody says who signs: give --identity-token, or run where one is at hand (GitHub Actions with id-token: write, GitLab id_tokens as SIGSTORE_ID_TOKEN, a Kubernetes token mounted for audience sigstore)',
  );
}

/** A file's name may have two dots as well: RFC 7519 section 7.2 wants a header that is an object. */
function isToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text) && z.object({}).safeParse(readPart(text, 0)).success;
}

async function readTokenFile(file: string, { readFile }: Surroundings): Promise<string> {
  try {
    return (await readFile(file)).trim();
  } catch {
    // It may be a token with something before or after it: not for a message.
    throw new KeylessError('TOKEN_INVALID', 'the identity token is neither a JSON Web Token nor a file with one');
  }
}

const claimsSchema = z.object({
  iss: z.string().min(1),
  exp: z.number().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
});

/** Who reads it checks its signature; what would be refused there anyway need not leave this machine. */
function checkToken(token: string, name: string, now: Date): string {
  const claims = token.length <= MAX_TOKEN_CHARACTERS && isToken(token) ? readClaims(token) : undefined;
  if (claims === undefined) throw new KeylessError('TOKEN_INVALID', `${name} is no JSON Web Token with an issuer`);
  const { exp, aud } = claims;
  if (aud !== AUDIENCE && !(Array.isArray(aud) && aud.includes(AUDIENCE)))
    throw new KeylessError('TOKEN_AUDIENCE', `${name} is not for the audience "${AUDIENCE}": ask for one that is`);
  if (exp !== undefined && now.getTime() / 1000 > exp + SKEW_SECONDS)
    throw new KeylessError('TOKEN_EXPIRED', `${name} expired at ${instantOf(exp)}: a new one is needed`);
  return token;
}

function instantOf(seconds: number): string {
  const at = new Date(seconds * 1000);
  return Number.isNaN(at.getTime()) ? 'no time there is' : at.toISOString();
}

function readClaims(token: string): z.infer<typeof claimsSchema> | undefined {
  return claimsSchema.safeParse(readPart(token, 1)).data;
}

/** Undefined where it is no JSON. */
function readPart(token: string, place: 0 | 1): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[place] ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** docs.github.com: "OpenID Connect reference", requesting the JWT with environment variables. */
async function askGitHub({ env, timeouts }: Surroundings): Promise<string | undefined> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env;
  if (address === undefined || bearer === undefined || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  url.searchParams.set('audience', AUDIENCE);
  const egress = createEgress({
    configuredHosts: [url.host],
    allowPublicHosts: false,
    ...(timeouts === undefined ? {} : { timeouts }),
  });
  try {
    const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' };
    const answer = await egress.send({ method: 'GET', url: url.href, headers, maxBytes: MAX_ANSWER_BYTES, retries: 2 });
    if (answer.status !== 200)
      throw new KeylessError('TOKEN_UNAVAILABLE', `GitHub gave no identity token (${answer.status})`);
    const parsed = z.object({ value: z.string() }).safeParse(await answer.body.json());
    if (parsed.success) return parsed.data.value;
    throw new KeylessError('TOKEN_INVALID', 'GitHub answered without an identity token');
  } catch (cause) {
    if (!(cause instanceof EgressError)) throw cause;
    throw new KeylessError('TOKEN_UNAVAILABLE', `GitHub could not be asked for an identity token (${cause.code})`, {
      cause,
    });
  } finally {
    await egress.close();
  }
}
