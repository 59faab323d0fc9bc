/** Notation's trust policy documents (specifications, trust-store-trust-policy.md, version 1.0, "OCI trust policy"), as Notation checks them. */
import { z } from 'zod';
import { type DistinguishedName, includesName, parseDistinguishedName } from './distinguished-name.ts';
import { NotationError } from './notation-error.ts';

export type Validation = 'integrity' | 'authenticity' | 'authenticTimestamp' | 'expiry' | 'revocation';
export type ValidationAction = 'enforce' | 'log' | 'skip';

export type StoreType = 'ca' | 'signingAuthority' | 'tsa';

/** One named trust store: a folder `x509/<type>/<name>` of certificates. */
export interface NamedStore {
  readonly type: StoreType;
  readonly name: string;
}

/** One statement, checked. */
export interface TrustPolicy {
  readonly name: string;
  readonly registryScopes: readonly string[];
  readonly level: 'strict' | 'permissive' | 'audit' | 'skip';
  /** The level with its overrides. */
  readonly actions: Readonly<Record<Validation, ValidationAction>>;
  /** When a timestamp of a statement that names a `tsa` store is looked at. */
  readonly verifyTimestamp: 'always' | 'afterCertExpiry';
  readonly trustStores: readonly NamedStore[];
  /** Undefined where any identity of the stores will do (`*`). */
  readonly identities: readonly DistinguishedName[] | undefined;
}

const levels: Readonly<Record<TrustPolicy['level'], TrustPolicy['actions']>> = {
  strict: all('enforce'),
  permissive: { ...all('log'), integrity: 'enforce', authenticity: 'enforce' },
  audit: { ...all('log'), integrity: 'enforce' },
  skip: all('skip'),
};

function all(action: ValidationAction): TrustPolicy['actions'] {
  return {
    integrity: action,
    authenticity: action,
    authenticTimestamp: action,
    expiry: action,
    revocation: action,
  };
}

const statementSchema = z.strictObject({
  name: z.string().min(1),
  registryScopes: z.array(z.string()).min(1),
  signatureVerification: z.strictObject({
    level: z.enum(['strict', 'permissive', 'audit', 'skip']),
    override: z.record(z.string(), z.string()).default({}),
    verifyTimestamp: z.enum(['', 'always', 'afterCertExpiry']).default('always'),
  }),
  trustStores: z.array(z.string()).nullish(),
  trustedIdentities: z.array(z.string()).nullish(),
});

const documentSchema = z.strictObject({
  version: z.literal('1.0'),
  trustPolicies: z.array(statementSchema).min(1),
});

/** Throws a NotationError (`TRUST_POLICY_MALFORMED`) that names `source`, the statement and what is wrong. */
export function parseTrustPolicies(document: unknown, source: string): readonly TrustPolicy[] {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw malformed(source, `at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not a trust policy document'}`);
  }
  const policies = parsed.data.trustPolicies.map((statement) => readStatement(statement, source));
  checkOnce(
    policies.map(({ name }) => name),
    (name) => malformed(source, `two statements have the name "${name}"`),
  );
  checkOnce(
    policies.flatMap(({ registryScopes }) => registryScopes),
    (scope) => malformed(source, `the scope "${scope}" is in two statements, or twice in one`),
  );
  return policies;
}

/** The statement about `repository` (`<registry>/<name>`): the one that names it, else the one for `*`. Throws where there is none. */
export function applicablePolicy(policies: readonly TrustPolicy[], repository: string, source: string): TrustPolicy {
  const found =
    policies.find(({ registryScopes }) => registryScopes.includes(repository)) ??
    policies.find(({ registryScopes }) => registryScopes.includes('*'));
  if (found !== undefined) return found;
  throw new NotationError(
    'TRUST_POLICY_NOT_APPLICABLE',
    `${source}: no statement has ${repository} (or *) among its registryScopes`,
  );
}

function readStatement(statement: z.infer<typeof statementSchema>, source: string): TrustPolicy {
  const { name, registryScopes, signatureVerification } = statement;
  const { level, override, verifyTimestamp } = signatureVerification;
  const wrong = (why: string) => malformed(source, `statement "${name}": ${why}`);
  checkScopes(registryScopes, wrong);
  const stores = statement.trustStores ?? [];
  const identities = statement.trustedIdentities ?? [];
  if (level === 'skip' && (stores.length > 0 || identities.length > 0))
    throw wrong('it is set to skip: take its trustStores and trustedIdentities out');
  if (level !== 'skip' && (stores.length === 0 || identities.length === 0))
    throw wrong('trustStores and trustedIdentities must both be there');
  return {
    name,
    registryScopes,
    level,
    actions: readActions(level, override, wrong),
    verifyTimestamp: verifyTimestamp === 'afterCertExpiry' ? verifyTimestamp : 'always',
    trustStores: stores.map((store) => readStore(store, wrong)),
    identities: readIdentities(identities, wrong),
  };
}

type Wrong = (why: string) => NotationError;

function readActions(level: TrustPolicy['level'], override: Record<string, string>, wrong: Wrong) {
  const actions = { ...levels[level] };
  for (const [validation, action] of Object.entries(override)) {
    if (level === 'skip') throw wrong('a level of skip has nothing to override');
    if (!Object.hasOwn(actions, validation)) throw wrong(`"${validation}" is nothing that can be overridden`);
    if (validation === 'integrity') throw wrong('integrity cannot be overridden');
    if (action !== 'enforce' && action !== 'log' && action !== 'skip')
      throw wrong(`"${action}" is no action: enforce, log, or (for revocation) skip`);
    if (action === 'skip' && validation !== 'revocation') throw wrong(`${validation} cannot be skipped, only logged`);
    actions[validation as Validation] = action;
  }
  return actions;
}

/** Names of stores: what cannot lead out of the folder. */
const STORE = /^(?<type>ca|signingAuthority|tsa):(?<name>[a-zA-Z0-9_.-]+)$/;

function readStore(text: string, wrong: Wrong): NamedStore {
  const { type, name } = STORE.exec(text)?.groups ?? {};
  if (type === undefined || name === undefined || /^\.+$/.test(name))
    throw wrong(`"${text}" is no trust store: write ca:NAME, signingAuthority:NAME or tsa:NAME`);
  return { type: type as StoreType, name };
}

const SUBJECT = 'x509.subject:';

function readIdentities(texts: readonly string[], wrong: Wrong): TrustPolicy['identities'] {
  if (texts.includes('*')) {
    if (texts.length > 1) throw wrong('"*" trusts every identity: it stands alone among trustedIdentities');
    return undefined;
  }
  const names: DistinguishedName[] = [];
  for (const text of texts) {
    if (!text.includes(':')) throw wrong(`the trusted identity "${text}" has no prefix: write x509.subject: …`);
    // Others are for plugins, which there are none of here: they match nobody.
    if (!text.startsWith(SUBJECT)) continue;
    try {
      names.push(parseDistinguishedName(text.slice(SUBJECT.length)));
    } catch (error) {
      throw error instanceof NotationError ? wrong(error.message) : error;
    }
  }
  for (const [index, one] of names.entries())
    if (names.some((other, position) => position !== index && includesName(one, other)))
      throw wrong('one of its trusted identities includes another: keep the wider one');
  return names;
}

// docker.io/library/reference without tag and digest, as notation-go has it.
const DOMAIN = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;

function checkScopes(scopes: readonly string[], wrong: Wrong): void {
  if (scopes.includes('*') && scopes.length > 1) throw wrong('"*" stands alone among registryScopes');
  for (const scope of scopes) {
    const slash = scope.indexOf('/');
    const fits = slash > 0 && DOMAIN.test(scope.slice(0, slash)) && REPOSITORY.test(scope.slice(slash + 1));
    if (scope !== '*' && !fits)
      throw wrong(`"${scope}" is no registry scope: write a whole repository (registry.example.com/shop/web), or *`);
  }
}

function checkOnce(values: readonly string[], twice: (value: string) => NotationError): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw twice(value);
    seen.add(value);
  }
}

function malformed(source: string, why: string): NotationError {
  return new NotationError('TRUST_POLICY_MALFORMED', `${source}: ${why}`);
}
