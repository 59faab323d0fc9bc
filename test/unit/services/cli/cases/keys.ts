/** Keys: listed, rotated, revoked, exported, and what they signed. */
import { webDigest } from '../recorded-answers.ts';
import { keysAnswer, keyUses, rotation } from '../recorded-keys.ts';
import { failure, type TranscriptCase } from './case.ts';

export const keyCases: readonly TranscriptCase[] = [
  ['key-list', 'key list', { 'GET /keys': { body: keysAnswer } }],
  [
    'key-revoke',
    'key revoke release --from 2026-11-01T00:00:00Z --reason "laptop stolen"',
    {
      'POST /keys/revocations': {
        body: { outcome: 'revoked', value: 'key:K', judgedAgain: [{ repository: 'shop/web', digest: webDigest }] },
      },
    },
  ],
  [
    'key-revoke-own',
    'key revoke admission-dev --reason "it leaked"',
    { 'POST /keys/revocations': { body: { outcome: 'revoked', value: 'key:K', judgedAgain: [] } } },
  ],
  [
    'key-rotate',
    'key rotate admission-prod --overlap 0d --reason "the key leaked"',
    { 'POST /keys/rotations': { status: 202, body: { outcome: 'requested', rotation: 'rot-2026-11-21-5f0c9e1a' } } },
  ],
  ['key-rotate-unnamed', 'key rotate admission-prod', {}],
  ['key-rotate-status', 'key rotate --status', { 'GET /keys/rotations': { body: { rotations: [rotation] } } }],
  [
    'key-rotate-status-unknown',
    'key rotate admission-prd --status',
    { 'GET /keys/rotations': { body: { rotations: [rotation] } }, 'GET /keys': { body: keysAnswer } },
  ],
  ['key-uses', 'key uses --key admission-prod', { 'GET /keys/uses': { body: keyUses } }],
  [
    'key-uses-refused',
    'key uses --since 2026-11-21T05:41:48Z',
    {
      'GET /keys/uses': failure(
        400,
        'INVALID_REQUEST',
        'querystring.since: Invalid ISO datetime',
        'GET /openapi.json describes the request',
      ),
    },
  ],
  ['key-uses-verify', 'key uses --verify', { 'GET /keys': { body: keysAnswer }, 'GET /keys/uses': { body: keyUses } }],
  ['key-export', 'key export evidence --public', { 'GET /keys': { body: keysAnswer } }],
  ['key-export-json', 'key export evidence --json', { 'GET /keys': { body: keysAnswer } }],
  ['key-export-unknown', 'key export admission-nowhere --public', { 'GET /keys': { body: keysAnswer } }],
];
