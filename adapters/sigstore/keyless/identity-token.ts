/** Who signs, as an OpenID Connect token for the audience "sigstore": given, or what the surroundings hold ready. */
import { z } from 'zod';
import { createEgress } from '../../egress/egress.ts';
import { EgressError } from '../../egress/egress-error.ts';
import { KeylessError } from './keyless-error.ts';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; rejects where there is none. */
  readFile(file: string): Promise<string>;
}

const AUDIENCE = 'sigstore';
const MAX_TOKEN_CHARACTERS = 64 * 1024;
/** Where a projected service account token is mounted, by cosign's convention (pkg/providers/filesystem). */
const PROJECTED = '/var/run/sigstore/cosign/oidc-token';

/** Each looks in one place; undefined where it is not there. */
const sources: readonly ((surroundings: Surroundings) => Promise<string | undefined>)[] = [
  // GitLab's id_tokens, and whoever sets it (cosign's envvar provider).
  async ({ env }) => env.SIGSTORE_ID_TOKEN,
  async ({ env }) => askGitHub(env),
  async ({ readFile }) => readFile(PROJECTED).catch(() => undefined),
];

/** `given`: a token, or a file with one. Throws a KeylessError that never quotes it. */
export async function readIdentityToken(given: string | undefined, surroundings: Surroundings): Promise<string> {
  if (given !== undefined)
    return checkToken(isToken(given) ? given : await readTokenFile(given, surroundings), 'the identity token');
  for (const source of sources) {
    const token = (await source(surroundings))?.trim();
    if (token) return checkToken(token, 'the identity token of the surroundings');
  }
  throw new KeylessError(
    'TOKEN_MISSING',
    'nobody says who signs: give --identity-token, or run where one is at hand (GitHub Actions with id-token: write, GitLab id_tokens as SIGSTORE_ID_TOKEN, a Kubernetes token mounted for audience sigstore)',
  );
}

function isToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}

async function readTokenFile(file: string, { readFile }: Surroundings): Promise<string> {
  try {
    return (await readFile(file)).trim();
  } catch {
    // It may be a token with something before or after it: not for a message.
    throw new KeylessError('TOKEN_INVALID', 'the identity token is neither a JSON Web Token nor a file with one');
  }
}

const claimsSchema = z.object({ iss: z.string().min(1), exp: z.number().optional() });

function checkToken(token: string, name: string): string {
  const claims = token.length <= MAX_TOKEN_CHARACTERS && isToken(token) ? readClaims(token) : undefined;
  if (claims === undefined) throw new KeylessError('TOKEN_INVALID', `${name} is no JSON Web Token with an issuer`);
  return token;
}

function readClaims(token: string): z.infer<typeof claimsSchema> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return claimsSchema.safeParse(claims).data;
  } catch {
    return undefined;
  }
}

/** docs.github.com: "OpenID Connect reference", requesting the JWT with environment variables. */
async function askGitHub(env: Surroundings['env']): Promise<string | undefined> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env;
  if (address === undefined || bearer === undefined || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  url.searchParams.set('audience', AUDIENCE);
  const egress = createEgress({ configuredHosts: [url.host], allowPublicHosts: false });
  try {
    const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' };
    const answer = await egress.send({ method: 'GET', url: url.href, headers });
    const parsed = z.object({ value: z.string() }).safeParse(answer.status === 200 ? await answer.body.json() : {});
    if (parsed.success) return parsed.data.value;
    throw new KeylessError('CA_UNAVAILABLE', `GitHub gave no identity token (${answer.status})`);
  } catch (cause) {
    if (!(cause instanceof EgressError)) throw cause;
    throw new KeylessError('CA_UNAVAILABLE', 'GitHub could not be asked for an identity token', { cause });
  } finally {
    await egress.close();
  }
}
