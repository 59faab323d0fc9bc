import { expect, test } from 'vitest';
import { type Pkcs11Uri, parsePkcs11Uri } from '../../../../adapters/keys/pkcs11-uri.ts';

const env = { PRATIQUE_PKCS11_MODULE: '/m.so' };

test.each<[string, Partial<Pkcs11Uri>]>([
  ['pkcs11:token=T;object=K?module-path=/x.so', { token: 'T', object: 'K', modulePath: '/x.so' }],
  ['pkcs11:object=a=b', { object: 'a=b', modulePath: '/m.so' }],
  ['pkcs11:object=K?pin-value=ab?cd=ef', { pinValue: 'ab?cd=ef' }],
  ['pkcs11:object=K?pin-value=a%26b&pin-source=file:/p=q', { pinValue: 'a&b', pinSource: '/p=q' }],
  ['pkcs11:id=%01%FF;slot-id=42', { id: Buffer.from([1, 255]), slotId: 42 }],
])('%s', (uri, expected) => {
  expect(parsePkcs11Uri(uri, env)).toMatchObject(expected);
});

test.each([
  ['pkcs11:object=K;slot-id=first', /slot-id is a number/],
  ['pkcs11:object=K;slot-id=', /slot-id is a number/],
  ['pkcs11:object=K;slot-id=-1', /slot-id is a number/],
  ['pkcs11:object', /not a PKCS #11 URI/],
])('%s is none', (uri, message) => {
  expect(() => parsePkcs11Uri(uri, env)).toThrow(message);
});
