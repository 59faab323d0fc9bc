import { expect, test } from 'vitest';
import { readRef } from '../../../../services/gateway/resolve-ref.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['localhost:5000/shop/web:1.0', '127.0.0.1:5000'],
  ['127.0.0.1:5000/shop/web:1.0', 'localhost:5000'],
  ['localhost:5000/shop/web:1.0', '[::1]:5000'],
  ['registry.example.com/shop/web:1.0', 'registry.example.com'],
  ['shop/web:1.0', '127.0.0.1:5000'],
])('%s is in the registry %s', (ref, registry) => {
  expect(readRef(ref, registry)).toMatchObject({ repository: 'shop/web', tag: '1.0' });
});

test.each([
  ['localhost:5001/shop/web:1.0', '127.0.0.1:5000'],
  ['localhost.example.com:5000/shop/web:1.0', '127.0.0.1:5000'],
  ['127.0.0.10:5000/shop/web:1.0', '127.0.0.1:5000'],
  ['registry.example.com:5000/shop/web:1.0', 'localhost:5000'],
])('%s is not in the registry %s', (ref, registry) => {
  expect(() => readRef(ref, registry)).toThrow(`a registry other than ${registry}`);
});

test('a digest is one wherever it is', () => {
  expect(readRef(digest, 'localhost:5000')).toEqual({ repository: undefined, digest });
});
