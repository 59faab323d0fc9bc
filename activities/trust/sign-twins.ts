/** The second signature of what is signed twice: by a post-quantum key, over the bytes that the first one signs (docs/decisions/0075). */
import { digestHex } from '../../domain/artifact/digest.ts';
import { bundleSignature } from '../../domain/trust/bundle-signature.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import type { SignedBytesBy } from '../../domain/trust/dual-signatures.ts';
import { identityName } from '../../domain/trust/evidence.ts';
import type { Signer, StatementSigner } from '../../domain/trust/signer.ts';
import { type Statement, statementSchema } from '../../domain/trust/statement.ts';
import type { PublishDependencies, Signed } from './publish.ts';
import { TrustError } from './trust-error.ts';

interface Pair {
  readonly first: Signed;
  readonly twin: Omit<Signer, 'twin'>;
}

/**
 * The items, with what their signers' twins signed behind them. A twin goes with one bundle of the first key: tried again it is the
 * same, and what is stored as one goes out only where it is by the twin's key and of the same bytes.
 */
export async function signTwins(
  deps: PublishDependencies,
  made: readonly { readonly item: Signed; readonly signer: StatementSigner }[],
): Promise<Signed[]> {
  const pairs = made.flatMap(({ item, signer }) =>
    'identity' in signer || signer.twin === undefined ? [] : [{ first: item, twin: signer.twin }],
  );
  if (pairs.length === 0) return made.map(({ item }) => item);
  const { sha256, evidence, desk } = deps;
  const steps = pairs.map(({ first, twin }) => ({
    step: sha256(new TextEncoder().encode(canonicalJson(['twin', first.subject.digest, sha256(first.bundle)]))),
    keyId: twin.keyId,
  }));
  const before = await evidence.signed(steps);
  const bundles: Uint8Array[] = [];
  // One after the other: such a signature takes a millisecond or two, and each is a record in the chain.
  for (const [position, pair] of pairs.entries())
    bundles.push(
      await (before[position] === undefined ? signTwin(deps, pair) : checkTwin(deps, pair, before[position].bundle)),
    );
  const kept = await evidence.keep(steps.map((step, position) => ({ ...step, bundle: at(bundles, position) })));
  const twins = pairs.map(({ first, twin }, position): Signed => {
    const { bundle, signedAt: created } = at(kept, position);
    const mayBeThere = before[position] !== undefined;
    const item = { subject: first.subject, predicateType: first.predicateType, bundle, created, mayBeThere };
    const identity = { kind: 'key', keyId: twin.keyId } as const;
    return { ...item, identity, manifest: desk.manifestOf(item), signed: signedBy(deps, 'post-quantum', bundle) };
  });
  const paired = new Set(pairs.map(({ first }) => first));
  const firsts = made.map(({ item }) =>
    paired.has(item) ? { ...item, signed: signedBy(deps, 'classical', item.bundle) } : item,
  );
  return [...firsts, ...twins];
}

async function signTwin({ bundles }: PublishDependencies, { first, twin }: Pair): Promise<Uint8Array> {
  const bundle = await bundles.sign(statementOf(first.bundle), twin);
  if (!isSame(first.bundle, bundle)) throw new Error('the two signatures of one statement are not over the same bytes');
  return bundle;
}

/** Of a bundle of ours, which was verified: what it signs. */
function statementOf(bundle: Uint8Array): Statement {
  const signed = new TextDecoder().decode(bundleSignature(bundle)?.signed);
  return statementSchema.parse(JSON.parse(signed.slice(signed.indexOf('{'))));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  const [first, second] = [bundleSignature(one)?.signed, bundleSignature(other)?.signed];
  return first !== undefined && first.length === second?.length && first.every((byte, index) => byte === second[index]);
}

async function checkTwin(
  { verifier }: PublishDependencies,
  { first, twin }: Pair,
  bundle: Uint8Array,
): Promise<Uint8Array> {
  const verified = await verifier.verify(bundle, first.subject.digest, { keys: [twin.publicKeyPem] });
  const stands =
    verified.outcome === 'verified' &&
    identityName(verified.identity) === identityName({ kind: 'key', keyId: twin.keyId }) &&
    isSame(first.bundle, bundle);
  if (!stands)
    throw new TrustError(
      'KEPT_STATEMENT_FORGED',
      `what is stored as the second signature for ${first.subject.digest} (${first.predicateType}) is not what was signed: somebody wrote to the table signed_statement`,
    );
  return bundle;
}

function signedBy(
  { sha256 }: PublishDependencies,
  algorithm: SignedBytesBy['algorithm'],
  bundle: Uint8Array,
): SignedBytesBy {
  return { algorithm, digest: digestHex(sha256(bundleSignature(bundle)?.signed ?? new Uint8Array())) };
}

function at<T>(list: readonly T[], position: number): T {
  const found = list[position];
  if (found === undefined) throw new Error('the book of evidence lost a signature');
  return found;
}
