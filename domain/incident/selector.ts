/** What an incident is about, and which artifacts that selects. */
import { z } from 'zod';
import { isDigest } from '../artifact/digest.ts';
import { closestName } from '../policy/closest-name.ts';
import { findBuilder } from '../policy/environments.ts';
import type { Policy } from '../policy/policy.ts';
import { canonicalSource } from '../policy/source-address.ts';
import { namesRange } from '../sbom/names-range.ts';
import { canonicalPurl, parsePurl } from '../sbom/purl.ts';
import { identityName, type SignerIdentity } from '../trust/evidence.ts';
import { NotationError } from '../trust/notation/notation-error.ts';
import { findSigners, type PolicySigner } from '../trust/trusted-signer.ts';
import { SelectorError } from './selector-error.ts';

export const selectorKinds = ['digest', 'component', 'signer', 'builder', 'host', 'source', 'commit', 'layer'] as const;
export type SelectorKind = (typeof selectorKinds)[number];

/** 2048 characters hold every purl and address met; an index of Postgres takes them. */
export const selectorSchema = z.strictObject({ kind: z.enum(selectorKinds), value: z.string().min(1).max(2048) });
export type Selector = Readonly<z.infer<typeof selectorSchema>>;

/**
 * One thing known of an artifact that a selector can name, in the one spelling of its kind: a digest; a purl without
 * qualifiers; an `identityName`; a builder's id (not its name in the policy); a host; a `canonicalSource`; a commit in
 * lower-case hex; a diff-id.
 */
export interface ArtifactFact {
  readonly kind: SelectorKind;
  readonly value: string;
}

const digestKinds: readonly SelectorKind[] = ['digest', 'layer'];

function readValue(kind: SelectorKind, value: string): string {
  const invalid = (expected: string) =>
    new SelectorError(
      'SELECTOR_INVALID_VALUE',
      `${kind}: expected ${expected}, got ${JSON.stringify(value.slice(0, 100))}`,
    );
  // Distinguished names have spaces.
  const refused = kind === 'signer' && value.startsWith('x509:') ? /\p{Cc}/u : /[\p{Cc}\s]/u;
  if (value.length > 2048 || refused.test(value)) throw invalid('at most 2048 characters without white space');
  if (digestKinds.includes(kind) && !isDigest(value)) throw invalid('sha256:<64 hex digits>');
  if (kind === 'component') {
    const purl = canonicalPurl(value);
    if (purl === undefined) throw invalid('a purl such as pkg:npm/left-pad@1.3.0');
    if (namesRange(parsePurl(purl))) throw invalid('one version, or none for all of them, and no range');
    return componentValue(purl);
  }
  if (kind === 'commit') {
    const commit = value.toLowerCase();
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) throw invalid('a full commit id (40 or 64 hex digits)');
    return commit;
  }
  if (kind === 'host') return value.toLowerCase();
  return kind === 'source' ? canonicalSource(value) : value;
}

/** A purl without qualifiers and subpath: what names a component here. */
function componentValue(purl: string): string {
  return purl.replace(/[?#].*$/, '');
}

/**
 * A selector as people type it: `builder:ci`, `signer:release`, `component:pkg:npm/left-pad@1.3.0`, `source:https://…`,
 * `host:build-7`, `commit:<hex>`, `layer:sha256:…`, `digest:sha256:…`; a bare digest, `repository@digest` or purl too.
 * Names of signers and builders stay names: `resolveSelector` looks them up. Throws a SelectorError.
 */
export function parseSelector(text: string): Selector {
  const trimmed = text.trim();
  if (isDigest(trimmed)) return { kind: 'digest', value: trimmed };
  if (trimmed.startsWith('pkg:')) return { kind: 'component', value: readValue('component', trimmed) };
  const colon = trimmed.indexOf(':');
  const word = colon === -1 ? trimmed : trimmed.slice(0, colon);
  const kind = selectorKinds.find((known) => known === word);
  if (kind === undefined || colon === -1) {
    const tail = trimmed.slice(trimmed.lastIndexOf('@') + 1);
    if (isDigest(tail)) return { kind: 'digest', value: tail };
    const close = closestName(word, selectorKinds);
    throw new SelectorError(
      'SELECTOR_UNKNOWN_KIND',
      `${JSON.stringify(trimmed.slice(0, 100))} is no selector: expected a digest, a purl, or one of ${selectorKinds.join(', ')} with a value (${close ?? 'builder'}:…)`,
    );
  }
  const value = trimmed.slice(colon + 1).trim();
  if (value === '') throw new SelectorError('SELECTOR_INVALID_VALUE', `${kind}: the value is missing (${kind}:…)`);
  return { kind, value: readValue(kind, value) };
}

/**
 * The selector with a signer's or builder's name of the policy replaced by what facts carry: `key:<keyId>`, the builder's
 * id. A `key:…`, `cert:…`, `x509:…`, bare key id, or an id with `/` or `:` stays, so that an identity the policy no longer
 * lists can be named. A signer that is a pattern is the one of `met` that fits it: identities that were seen to sign.
 * Throws a SelectorError (SELECTOR_UNKNOWN_NAME, SELECTOR_AMBIGUOUS_NAME).
 */
export function resolveSelector(policy: Policy, selector: Selector, met: readonly SignerIdentity[]): Selector {
  const { kind, value } = selector;
  if (kind === 'signer') {
    if (Object.hasOwn(policy.keyIds, value)) return { kind, value: `key:${policy.keyIds[value]}` };
    const pattern = findPattern(policy, value);
    if (pattern !== undefined && !met.some((identity) => identityName(identity) === value))
      return { kind, value: theOneMet(policy, pattern.name, met) };
    const exact = policy.document.signers.find(({ name }) => name === value);
    if (exact !== undefined) return { kind, value: signerLine(policy, exact) };
    if (/^(?:key|cert|x509):/.test(value)) return selector;
    if (/^[A-Za-z0-9+/]{43}=$/.test(value)) return { kind, value: `key:${value}` };
    throw unknownName(
      kind,
      value,
      policy.document.signers.map(({ name }) => name),
    );
  }
  if (kind === 'builder') {
    const builder = findBuilder(policy, value);
    if (builder !== undefined) return { kind, value: builder.id };
    if (/[/:]/.test(value) || policy.document.builders.some(({ id }) => id === value)) return selector;
    throw unknownName(
      kind,
      value,
      policy.document.builders.map(({ name }) => name),
    );
  }
  return selector;
}

/** A signer of the policy on a line: an `identityName` where it is one identity, what whoever fits it has in common otherwise. */
export function signerLine({ keyIds, thumbprints }: Policy, { name, identity, x509 }: PolicySigner): string {
  if (x509 !== undefined) return `x509:${thumbprints?.[name]?.[0] ?? ''}|${x509.subject}`;
  if (identity === undefined) return `key:${keyIds[name] ?? ''}`;
  return `cert:${identity.issuer ?? identity.issuerRegexp}|${identity.subject ?? identity.subjectRegexp}`;
}

/** Whether it names, or spells, a signer that is a pattern: then those who were met are asked for. */
export function namesPattern(policy: Policy, { kind, value }: Selector): boolean {
  return kind === 'signer' && findPattern(policy, value) !== undefined;
}

function findPattern(policy: Policy, value: string): PolicySigner | undefined {
  return policy.document.signers.find((signer) => {
    const { name, identity, x509 } = signer;
    const isPattern =
      x509 !== undefined || (identity && !(identity.subject !== undefined && identity.issuer !== undefined));
    return isPattern && (name === value || signerLine(policy, signer) === value);
  });
}

const LISTED = 50;

function fits(policy: Policy, name: string, identity: SignerIdentity): boolean {
  try {
    return findSigners(policy, identity).some((signer) => signer.name === name);
  } catch (error) {
    // One that was recorded before its kind of name was refused is nobody's.
    if (error instanceof NotationError) return false;
    throw error;
  }
}

/** Revocations and incidents compare the name of one identity: where several fit, who asks says which. */
function theOneMet(policy: Policy, name: string, met: readonly SignerIdentity[]): string {
  const fitting = met.filter((identity) => fits(policy, name, identity));
  const names = [...new Set(fitting.map(identityName))].sort();
  const [only] = names;
  const whole = `"state: revoked" in the policy revokes the signer as a whole`;
  if (only === undefined)
    throw new SelectorError(
      'SELECTOR_UNKNOWN_NAME',
      `the signer "${name}" is a pattern, and nobody was met yet who fits it: say cert:… or x509:… in full; ${whole}`,
    );
  if (names.length > 1)
    throw new SelectorError(
      'SELECTOR_AMBIGUOUS_NAME',
      `the signer "${name}" is ${names.length} identities: say which (${names.slice(0, LISTED).join(' or ')}${names.length > LISTED ? ' …' : ''}); ${whole}`,
    );
  return only;
}

function unknownName(kind: 'signer' | 'builder', value: string, names: readonly string[]): SelectorError {
  const close = closestName(value, names);
  const known = names.length === 0 ? 'it lists none' : `it has ${names.join(', ')}`;
  const hint = close === undefined ? `; ${known}` : `; did you mean ${close}?`;
  return new SelectorError(
    'SELECTOR_UNKNOWN_NAME',
    `the policy has no ${kind} ${JSON.stringify(value.slice(0, 100))}${hint}`,
  );
}
