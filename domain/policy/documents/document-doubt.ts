import type { DocumentKind } from '../../trust/attested-document.ts';
import { refusedCount } from '../../trust/trust-refusal.ts';
import type { DocumentReading, JudgedPlatform } from '../gate.ts';
import type { CountedDocuments } from './counted-documents.ts';

const words: Readonly<Record<DocumentKind, string>> = { sbom: 'SBOM', vulnerabilities: 'vulnerability report' };

/** Why what is attested is no whole answer; undefined where every platform has its documents, and all of them can be read. */
export function documentDoubt<Kind extends DocumentKind>(
  kind: Kind,
  found: readonly { readonly platform: JudgedPlatform; readonly counted: CountedDocuments<Kind> }[],
  signers: readonly string[],
): DocumentReading['doubt'] {
  const what = words[kind];
  const unreadable = found.flatMap(({ counted }) => counted.unreadable);
  if (unreadable.length > 0)
    return { reason: `an attested ${what} can not be read: ${unreadable[0]}`, details: unreadable };
  const lacking = found.filter(({ counted }) => counted.documents.length === 0);
  if (lacking.length === 0 && found.length > 0) return undefined;
  const refused = found.flatMap(({ counted }) => counted.refused);
  const where = found.length === 0 ? 'it' : lacking.map(({ platform }) => platform.platform).join(', ');
  const seen = refused.length === 0 ? '' : `; ${refusedCount(refused)}`;
  return {
    reason: `the policy asks for an attested ${what}, and there is none of ${where} (accepted: ${signers.join(', ')}${seen})`,
    details: refused.map(({ line }) => line),
  };
}
