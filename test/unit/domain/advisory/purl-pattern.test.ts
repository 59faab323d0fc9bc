import { expect, test } from 'vitest';
import { parsePurlPattern } from '../../../../domain/advisory/purl-pattern.ts';

const SERVICE = 'pkg:golang/github.com/aws/aws-sdk-go-v2@v1.2.3#service/s3';

test.each([
  // Syft's spelling of a module with a long path: each is a module of its own.
  [SERVICE, SERVICE, true],
  ['pkg:golang/github.com/aws/aws-sdk-go-v2#service/s3', SERVICE, true],
  ['pkg:golang/github.com/aws/aws-sdk-go-v2/service/s3', SERVICE, true],
  ['pkg:golang/github.com/aws/aws-sdk-go-v2#config', SERVICE, false],
  ['pkg:golang/github.com/aws/aws-sdk-go-v2#service', SERVICE, false],
  ['pkg:golang/github.com/aws/aws-sdk-go-v2', SERVICE, false],
  ['pkg:golang/golang.org/x/crypto', 'pkg:golang/golang.org/x/crypto@v0.1.0#ssh', true],
  ['pkg:golang/golang.org/x/crypto#ssh', 'pkg:golang/golang.org/x/crypto@v0.1.0', false],
  ['pkg:golang/golang.org/x/crypto#ssh', 'pkg:golang/golang.org/x/crypto@v0.1.0#ssh', true],
  ['pkg:golang/golang.org/x/crypto#ssh', 'pkg:golang/golang.org/x/crypto@v0.1.0#openpgp', false],
  // A path within the package.
  ['pkg:npm/lodash', 'pkg:npm/lodash@4.17.20#fp', true],
  ['pkg:npm/lodash#fp', 'pkg:npm/lodash@4.17.20#fp', true],
  ['pkg:npm/lodash#fp', 'pkg:npm/lodash@4.17.20', false],
])('%s is about %s: %s', (pattern, purl, expected) => {
  expect(parsePurlPattern(pattern)?.(purl)).toBe(expected);
});
