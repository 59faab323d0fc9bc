import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openSecretbox, sealSecretbox } from '../../../../adapters/sigstore/secretbox.ts';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

it.each([
  // NaCl, tests/secretbox.c and secretbox.out.
  [
    '1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389',
    '69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37',
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5',
  ],
  // golang.org/x/crypto/nacl/secretbox, TestSecretBox, made with NaCl's C code.
  [
    '01'.repeat(32),
    '02'.repeat(24),
    '03'.repeat(64),
    '8442bc313f4626f1359e3b50122b6ce6fe66ddfe7d39d14e637eb4fd5b45beadab55198df6ab5368439792a23c87db70acb6156dc5ef957ac04f6276cf6093b84be77ff0849cc33e34b7254d5a8f65ad',
  ],
])('published vector with key %s', (key, nonce, message, sealed) => {
  expect(Buffer.from(sealSecretbox(bytes(message), bytes(nonce), bytes(key))).toString('hex')).toBe(sealed);
  expect(openSecretbox(bytes(sealed), bytes(nonce), bytes(key))).toEqual(bytes(message));
});

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

it('opens what it sealed, whatever its length, and nothing with one bit changed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), exactly(24), exactly(32), fc.nat(), (message, nonce, key, at) => {
      const sealed = sealSecretbox(message, nonce, key);
      expect(openSecretbox(sealed, nonce, key)).toEqual(message);
      const changed = Uint8Array.from(sealed);
      changed[(at >> 3) % changed.length]! ^= 1 << (at & 7);
      expect(openSecretbox(changed, nonce, key)).toBeUndefined();
    }),
  );
});

it('is not opened by fewer bytes than a tag has', () => {
  expect(openSecretbox(new Uint8Array(15), new Uint8Array(24), new Uint8Array(32))).toBeUndefined();
});
