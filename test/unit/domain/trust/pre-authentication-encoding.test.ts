import { expect, it } from 'vitest';
import { preAuthenticationEncoding } from '../../../../domain/trust/pre-authentication-encoding.ts';

const encoder = new TextEncoder();

it.each([
  // The example of dsse's protocol.md.
  ['http://example.com/HelloWorld', 'hello world', 'DSSEv1 29 http://example.com/HelloWorld 11 hello world'],
  // Lengths are of bytes, not of characters.
  ['ü', 'é', 'DSSEv1 2 ü 2 é'],
  ['', '', 'DSSEv1 0  0 '],
])('%s', (type, payload, expected) => {
  expect(new TextDecoder().decode(preAuthenticationEncoding(type, encoder.encode(payload)))).toBe(expected);
});
