import type { VerificationProof } from '../../domain/trust/evidence.ts';
import { describeProvenance } from './describe-provenance.ts';
import type { CheckedEvidence } from './judge-evidence.ts';
import type { ReferencedDocument } from './referenced-documents.ts';
import { adviceLines } from './rejection-advice.ts';

/** What was checked, for people: the artifact, then a line for each piece of evidence, a sentence, and where nothing verified what to do about it. */
export function formatEvidence(name: string, wantedType: string, checked: readonly CheckedEvidence[]): string {
  const count = checked.filter(({ outcome }) => outcome === 'verified').length;
  const bundles = checked.length === 1 ? 'bundle' : 'bundles';
  const sentence =
    count > 0
      ? `Verified: ${count} of ${checked.length} ${bundles} ${count === 1 ? 'is' : 'are'} ${wantedType} by a trusted signer.`
      : `Not verified: no ${wantedType} by a trusted signer among ${checked.length} ${bundles}.`;
  const next = count > 0 ? [] : adviceLines(checked);
  return [name, ...checked.map(formatLine), sentence, ...(next.length > 0 ? ['What to do:', ...next] : []), ''].join(
    '\n',
  );
}

function formatDocuments({ documents = [] }: { readonly documents?: readonly ReferencedDocument[] }): string {
  return documents.map(({ mediaType, digest, size }) => ` to ${mediaType} ${digest}, ${size} bytes`).join(',');
}

const witnesses: Readonly<Record<VerificationProof['times'][number]['by'], string>> = {
  'timestamp-authority': 'a timestamp authority',
  'transparency-log': 'a transparency log',
  'signing-authority': 'the authority that signed',
};

/** When it was signed and who says so, and in which log that can be looked up. Nothing where nobody does. */
function describeProof(proof: VerificationProof | undefined): string[] {
  const times = (proof?.times ?? []).map(({ at, by }) => `${at}, as ${witnesses[by]} says`);
  const logs = (proof?.logs ?? []).map(({ log, index, kind }) => `${log}, entry ${index} (${kind})`);
  return [
    ...(times.length === 0 ? [] : [`              signed: ${times.join('; ')}`]),
    ...(logs.length === 0 ? [] : [`              logged: ${logs.join('; ')}`]),
  ];
}

function formatLine(evidence: CheckedEvidence): string {
  switch (evidence.outcome) {
    case 'verified':
      return [
        `  verified  ${evidence.source}  ${evidence.predicateType ?? 'signature over the file'}${formatDocuments(evidence)}  ${evidence.signer}`,
        ...describeProof(evidence.proof),
        ...(evidence.logged ?? []).map(({ code, reason }) => `            logged  ${code}: ${reason}`),
        ...(evidence.provenance === undefined ? [] : describeProvenance(evidence.provenance)),
      ].join('\n');
    case 'other':
      return `  other     ${evidence.source}  ${evidence.predicateType ?? ''}  ${evidence.signer}`;
    case 'rejected':
      return `  rejected  ${evidence.source}  ${evidence.code}: ${evidence.reason}`;
  }
}
