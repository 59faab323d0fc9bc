/** Signed things shown where they must not count: each is refused for its own reason. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createBundleSigner, signMessage } from '../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { checkSummary } from '../../domain/trust/check-summary.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';
import { preAuthenticationEncoding } from '../../domain/trust/pre-authentication-encoding.ts';
import { createStatement, predicateTypes, type Statement } from '../../domain/trust/statement.ts';
import { createVerdictStatement } from '../../domain/trust/verdict-statement.ts';
import { judgeEvidence } from '../../services/cli/judge-evidence.ts';

const newSigner = () => createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const admission = newSigner();
const evidence = newSigner();
const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const another = parseDigest(`sha256:${'b'.repeat(64)}`);
const verifier = createBundleVerifier();
const trusted = { keys: [admission.publicKeyPem] };
const PROD = 'registry.example/prod/shop';
const now = '2026-06-01T12:00:00Z';
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

interface Said {
  outcome?: 'pass' | 'fail';
  evaluatedAt?: string;
  place?: string;
  verifier?: string;
}

function summary({ outcome = 'pass', evaluatedAt = now, place = PROD, verifier: by = 'https://p.example' }: Said) {
  return createVerdictStatement(
    {
      key: { repository: 'shop', digest },
      environment: 'prod',
      outcome,
      mode: 'enforce',
      admitted: outcome === 'pass',
      gates: [],
      policy: { digest, version: 1 },
      decisionDigest: digest,
      evaluatedAt,
    },
    {
      verifier: by,
      version: '1',
      environmentRepository: place,
      policyUri: 'https://p.example/policy',
      verifiedLevels: [],
      inputAttestations: [],
    },
  );
}

/** `pratique verify --type …` of the image in prod, with the admission key. */
async function verifyAs(type: string, statement: Statement, signer = admission) {
  const bytes = await createBundleSigner().sign(statement, signer);
  return judgeEvidence(
    { source: 'test', bytes },
    { kind: 'digest', name: `${PROD}@${digest}`, digest },
    {
      verifier,
      trusted,
      predicateTypes: [type],
      certificate: undefined,
      ...(type === predicateTypes.vsa
        ? { summary: { resourceUri: PROD, verifier: 'https://p.example', maximumAge: 7 * 86_400, now } }
        : {}),
    },
  );
}

describe('a verification summary', () => {
  it('that passed, here and lately, counts: the others differ from it in one thing', async () => {
    expect(await verifyAs(predicateTypes.vsa, summary({}))).toMatchObject({ outcome: 'verified' });
  });

  it.each<[string, Said, string]>([
    ['that FAILED, with the admission key', { outcome: 'fail' }, 'SUMMARY_FAILED'],
    ['of last year, replayed', { evaluatedAt: '2025-06-01T12:00:00Z' }, 'SUMMARY_TOO_OLD'],
    ['of dev, shown for prod', { place: 'registry.example/dev/shop' }, 'SUMMARY_OTHER_RESOURCE'],
    ['of a repository whose name only begins alike', { place: `${PROD}-old` }, 'SUMMARY_OTHER_RESOURCE'],
    ['of the same repository in another registry', { place: 'evil.example/prod/shop' }, 'SUMMARY_OTHER_RESOURCE'],
    ['by another verifier', { verifier: 'https://evil.example' }, 'SUMMARY_OTHER_VERIFIER'],
    ['from the future, by a clock that was moved', { evaluatedAt: '2026-06-02T12:00:00Z' }, 'SUMMARY_FROM_THE_FUTURE'],
  ])('%s, does not', async (_, said, code) => {
    expect(await verifyAs(predicateTypes.vsa, summary(said))).toMatchObject({ outcome: 'rejected', code });
  });

  it('by the evidence key is nobody known, where the admission key is asked for', async () => {
    expect(await verifyAs(predicateTypes.vsa, summary({}), evidence)).toMatchObject({ code: 'SIGNER_UNKNOWN' });
  });

  it('FAILED is no signature either, whichever key made it', async () => {
    expect(await verifyAs(predicateTypes.cosignSignature, summary({ outcome: 'fail' }))).toMatchObject({
      outcome: 'other',
    });
  });

  it.each([
    ['a result in lower case', { verificationResult: 'passed' }],
    ['no time', { timeVerified: undefined }],
    ['a resource that is a list', { resourceUri: [PROD] }],
  ])('with %s says nothing', (_, change) => {
    const made = summary({});
    const statement = { ...made, predicate: { ...(made.predicate as object), ...change } };
    expect(checkSummary(statement, { resourceUri: PROD, now })).toMatchObject({ code: 'SUMMARY_MALFORMED' });
  });
});

describe('an envelope', () => {
  const bundleOf = async (payload: string, payloadType = 'application/vnd.in-toto+json') => {
    const sig = await admission.sign(preAuthenticationEncoding(payloadType, new TextEncoder().encode(payload)));
    const made = JSON.parse(
      Buffer.from(await createBundleSigner().sign(createCosignSignature(digest), admission)).toString(),
    );
    return {
      ...made,
      dsseEnvelope: {
        payload: Buffer.from(payload).toString('base64'),
        payloadType,
        signatures: [{ sig: Buffer.from(sig).toString('base64') }],
      },
    };
  };
  const statement = JSON.stringify(createCosignSignature(digest));

  it('as it should be verifies: the others differ from it in one thing', async () => {
    expect(await verifier.verify(encode(await bundleOf(statement)), digest, trusted)).toMatchObject({
      outcome: 'verified',
    });
  });

  it('with a second signature beside the good one is malformed', async () => {
    const bundle = await bundleOf(statement);
    bundle.dsseEnvelope.signatures.push({ sig: 'AAAA' });
    expect(await verifier.verify(encode(bundle), digest, trusted)).toMatchObject({ code: 'BUNDLE_MALFORMED' });
  });

  it('with members nobody names is malformed: no two verifiers read it differently', async () => {
    const bundle = { ...(await bundleOf(statement)), dsseEnvelopes: [] };
    expect(await verifier.verify(encode(bundle), digest, trusted)).toMatchObject({ code: 'BUNDLE_MALFORMED' });
  });

  it.each(['text/plain', 'application/vnd.in-toto+JSON', 'application/vnd.in-toto+json; charset=utf-8'])(
    'of payload type %s is no statement, though it is signed as such',
    async (type) => {
      const found = await verifier.verify(encode(await bundleOf(statement, type)), digest, trusted);
      expect(found).toMatchObject({ code: 'STATEMENT_MALFORMED' });
    },
  );

  it('whose type was changed after it was signed does not verify', async () => {
    const bundle = await bundleOf(statement, 'text/plain');
    bundle.dsseEnvelope.payloadType = 'application/vnd.in-toto+json';
    expect(await verifier.verify(encode(bundle), digest, trusted)).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('around a file’s signature is no statement about an image', async () => {
    const bytes = await signMessage(Buffer.from(statement), admission);
    expect(await verifier.verify(bytes, digest, trusted)).toMatchObject({ code: 'BUNDLE_UNSUPPORTED' });
  });

  it('with a stranger’s certificate is unsupported where no root is trusted', async () => {
    const bundle = await bundleOf(statement);
    bundle.verificationMaterial = { certificate: { rawBytes: Buffer.from('a certificate').toString('base64') } };
    expect(await verifier.verify(encode(bundle), digest, trusted)).toMatchObject({ code: 'BUNDLE_UNSUPPORTED' });
  });

  it('whose hint names the trusted key, signed by another, does not verify', async () => {
    const made = JSON.parse(
      Buffer.from(await createBundleSigner().sign(createCosignSignature(digest), evidence)).toString(),
    );
    made.verificationMaterial.publicKey.hint = admission.keyId;
    expect(await verifier.verify(encode(made), digest, trusted)).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('in base64 that is written another way is malformed', async () => {
    const bundle = await bundleOf(statement);
    bundle.dsseEnvelope.payload = `${bundle.dsseEnvelope.payload}\n`;
    expect(await verifier.verify(encode(bundle), digest, trusted)).toMatchObject({ code: 'BUNDLE_MALFORMED' });
  });
});

describe('a statement', () => {
  const sign = (made: unknown) => createBundleSigner().sign(made as Statement, admission);
  const about = (...digests: Record<string, string>[]) => ({
    ...createCosignSignature(digest),
    subject: digests.map((one) => ({ digest: one })),
  });
  const verify = async (made: unknown, wanted: Digest = digest) => verifier.verify(await sign(made), wanted, trusted);

  it('with several subjects is about each of them, and about nothing else', async () => {
    const made = about({ sha256: 'b'.repeat(64) }, { sha256: 'a'.repeat(64) });
    expect(await verify(made)).toMatchObject({ outcome: 'verified' });
    expect(await verify(made, another)).toMatchObject({ outcome: 'verified' });
    expect(await verify(made, parseDigest(`sha256:${'c'.repeat(64)}`))).toMatchObject({ code: 'SUBJECT_MISMATCH' });
  });

  it.each<[string, Record<string, string>]>([
    ['sha512 that begins alike', { sha512: 'a'.repeat(128) }],
    ['sha1', { sha1: 'a'.repeat(40) }],
    ['sha256 in capitals', { sha256: 'A'.repeat(64) }],
    ['SHA256 as its name', { SHA256: 'a'.repeat(64) }],
    ['a prefix with the algorithm', { sha256: `sha256:${'a'.repeat(64)}` }],
    ['white space after it', { sha256: `${'a'.repeat(64)} ` }],
    ['a shorter one', { sha256: 'a'.repeat(12) }],
  ])('whose digest is %s is about something else', async (_, named) => {
    expect(await verify(about(named))).toMatchObject({ code: 'SUBJECT_MISMATCH' });
  });

  it('about nothing is malformed', async () => {
    expect(await verify(about())).toMatchObject({ code: 'STATEMENT_MALFORMED' });
  });

  it('of another type than in-toto is malformed', async () => {
    expect(
      await verify({ ...createCosignSignature(digest), _type: 'https://evil.example/Statement/v1' }),
    ).toMatchObject({
      code: 'STATEMENT_MALFORMED',
    });
  });

  it('that names a predicate in its name alone is of the type it says', async () => {
    const made = createStatement(digest, 'https://example.com/custom', {}, predicateTypes.cosignSignature);
    expect(await verifyAs(predicateTypes.cosignSignature, made)).toMatchObject({ outcome: 'other' });
  });

  // JSON.parse lets the last of two keys win; what is signed is bytes, and the bytes are not what the signer's tool shows.
  it('with a key twice means what its last says, and only to who signed it', async () => {
    const text = JSON.stringify(createCosignSignature(another)).replace(
      '"subject":',
      `"subject":[{"digest":{"sha256":"${'a'.repeat(64)}"}}],"subject":`,
    );
    const sig = await admission.sign(preAuthenticationEncoding('application/vnd.in-toto+json', Buffer.from(text)));
    const bundle = JSON.parse(Buffer.from(await sign(createCosignSignature(another))).toString());
    bundle.dsseEnvelope = {
      payload: Buffer.from(text).toString('base64'),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: Buffer.from(sig).toString('base64') }],
    };
    expect(await verifier.verify(encode(bundle), digest, trusted)).toMatchObject({ code: 'STATEMENT_MALFORMED' });
  });
});
