import type { RejectionCode } from '../../domain/trust/evidence.ts';

/** Of a certificate: its authority, its log or who witnessed when is none of the trusted root any more. */
export const OUTLIVED: ReadonlySet<RejectionCode> = new Set([
  'CERTIFICATE_INVALID',
  'CERTIFICATE_EXPIRED',
  'SCT_INVALID',
  'TIMESTAMP_MISSING',
  'TIMESTAMP_INVALID',
  'TIMESTAMP_OUTSIDE_CERTIFICATE',
  'LOG_ENTRY_MISSING',
  'LOG_ENTRY_INVALID',
]);
