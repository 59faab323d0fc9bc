import { describe, expect, it } from 'vitest';
import { readBundleFile } from '../../../../adapters/sigstore/read-bundle-file.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => {
  const bundles = readBundleFile(encode(text));
  if ('outcome' in bundles) throw new Error(bundles.reason);
  return bundles.map((bytes) => new TextDecoder().decode(bytes));
};

const attestation = {
  version: 1,
  verification_material: { certificate: 'Y2VydA==', transparency_entries: [{ logIndex: '1' }] },
  envelope: { statement: 'e30=', signature: 'c2ln' },
};
const asBundle = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { certificate: { rawBytes: 'Y2VydA==' }, tlogEntries: [{ logIndex: '1' }] },
  dsseEnvelope: { payload: 'e30=', payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: 'c2ln' }] },
};

describe('bundles in a file', () => {
  it.each<[string, string, unknown[]]>([
    ['one', '{"mediaType":"x"}', [{ mediaType: 'x' }]],
    ['lines of them', '{"a":1}\n{"b":2}\n', [{ a: 1 }, { b: 2 }]],
    [
      "npm's or GitHub's reply",
      '{"attestations":[{"predicateType":"p","bundle":{"a":1}},{"bundle":{"b":2}}]}',
      [{ a: 1 }, { b: 2 }],
    ],
    ["PyPI's attestation", JSON.stringify(attestation), [asBundle]],
    [
      "PyPI's provenance",
      JSON.stringify({
        version: 1,
        attestation_bundles: [{ publisher: {}, attestations: [attestation, attestation] }],
      }),
      [asBundle, asBundle],
    ],
    ['a reply without any', '{"attestations":[]}', []],
  ])('%s', (_name, text, expected) => {
    expect(read(text).map((bundle) => JSON.parse(bundle) as unknown)).toEqual(expected);
  });

  it.each(['', 'no JSON', '{"a":1}\nno JSON', '[1]', '{"attestations":[{"bundle":7}]}', '{"attestations":{}}'])(
    'what is none is left to the verifier: %j',
    (text) => {
      expect(read(text)).toEqual([text]);
    },
  );

  it('more lines than anybody reads are refused', () => {
    expect(readBundleFile(encode('{}\n'.repeat(1001)))).toEqual({
      ...{ outcome: 'rejected', code: 'BUNDLE_TOO_LARGE' },
      reason: 'the file has 1001 lines; at most 1000 bundles are read',
    });
  });
});
