/** What an incident is about, and which artifacts that selects. */
import { z } from 'zod';
import { isDigest } from '../artifact/digest.ts';
import { closestName } from '../policy/closest-name.ts';
import { findBuilder } from '../policy/environments.ts';
import type { Policy } from '../policy/policy.ts';
import { canonicalSource } from '../policy/source-address.ts';
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
  if (value.length > 2048 || /[\p{Cc}\s]/u.test(value)) throw invalid('at most 2048 characters without white space');
  if (digestKinds.includes(kind) && !isDigest(value)) throw invalid('sha256:<64 hex digits>');
  if (kind === 'component') {
    if (!/^pkg:[a-z][a-z0-9.+-]*\/[^/]/.test(value)) throw invalid('a purl such as pkg:npm/left-pad@1.3.0');
    return componentValue(value);
  }
  if (kind === 'commit') {
    const commit = value.toLowerCase();
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) throw invalid('a full commit id (40 or 64 hex digits)');
    return commit;
  }
  if (kind === 'host') return value.toLowerCase();
  return kind === 'source' ? canonicalSource(value) : value;
}

/** A purl without qualifiers and subpath: the spelling of `component` facts. */
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
 * id. A `key:…`, `cert:…`, bare key id, or an id with `/` or `:` stays, so that an identity the policy no longer lists
 * can be named. Throws a SelectorError (SELECTOR_UNKNOWN_NAME) for a name the policy does not have.
 */
export function resolveSelector(policy: Policy, selector: Selector): Selector {
  const { kind, value } = selector;
  if (kind === 'signer') {
    if (Object.hasOwn(policy.keyIds, value)) return { kind, value: `key:${policy.keyIds[value]}` };
    const identity = policy.document.signers.find(({ name }) => name === value)?.identity;
    if (identity?.subject !== undefined && identity.issuer !== undefined)
      return { kind, value: `cert:${identity.issuer}|${identity.subject}` };
    if (/^(?:key|cert):/.test(value)) return selector;
    if (/^[A-Za-z0-9+/]{43}=$/.test(value)) return { kind, value: `key:${value}` };
    throw unknownName(kind, value, Object.keys(policy.keyIds));
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

function unknownName(kind: 'signer' | 'builder', value: string, names: readonly string[]): SelectorError {
  const close = closestName(value, names);
  const known = names.length === 0 ? 'it lists none' : `it has ${names.join(', ')}`;
  const hint = close === undefined ? `; ${known}` : `; did you mean ${close}?`;
  return new SelectorError(
    'SELECTOR_UNKNOWN_NAME',
    `the policy has no ${kind} ${JSON.stringify(value.slice(0, 100))}${hint}`,
  );
}

/** Whether one fact is what a resolved selector names. A `component` without a version names every version. */
function factMatches(selector: Selector, fact: ArtifactFact): boolean {
  if (fact.kind !== selector.kind) return false;
  if (selector.kind !== 'component') return fact.value === selector.value;
  const value = componentValue(fact.value);
  return value === selector.value || value.replace(/@[^/@]*$/, '') === selector.value;
}

/** Whether an artifact with these facts is selected. Names must have been resolved. */
export function selectorMatches(selector: Selector, facts: Iterable<ArtifactFact>): boolean {
  for (const fact of facts) if (factMatches(selector, fact)) return true;
  return false;
}
