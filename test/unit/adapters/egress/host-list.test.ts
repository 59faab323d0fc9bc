import { expect, it } from 'vitest';
import { createHostList } from '../../../../adapters/egress/host-list.ts';

const standing = createHostList({
  configuredHosts: ['registry.internal:5443', 'auth.example', '*.storage.example', 'plain.internal:5000'],
  plainHttpHosts: ['plain.internal:5000'],
  allowPublicHosts: false,
});
const nothing = { private: false, public: false, plainHttp: false };

it.each<[string, string, object]>([
  ['a host by name and port', 'https://registry.internal:5443/', { ...nothing, private: true }],
  ['another port of it', 'https://registry.internal/', nothing],
  ['a host without a port: any of its ports', 'https://auth.example:8443/', { ...nothing, private: true }],
  ['a host below a domain: public addresses only', 'https://eu.blobs.storage.example/', { ...nothing, public: true }],
  ['the domain itself', 'https://storage.example/', nothing],
  ['a domain that ends alike', 'https://evilstorage.example/', nothing],
  ['anybody else', 'https://example.com/', nothing],
  ['plain HTTP where it is configured', 'http://plain.internal:5000/', { ...nothing, private: true, plainHttp: true }],
  [
    'and on loopback addresses, which must be named all the same',
    'http://127.0.0.1:5000/',
    { ...nothing, plainHttp: true },
  ],
])('%s', (_name, url, expected) => {
  expect(standing(new URL(url))).toEqual(expected);
});
