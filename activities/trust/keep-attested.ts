import type { Policy } from '../../domain/policy/policy.ts';
import type { AttestedContents, JudgedFacts, StockBook } from '../../domain/policy/verdict-book.ts';
import type { AttestedDocuments } from '../../domain/trust/attested-document.ts';
import { findSigners } from '../../domain/trust/trusted-signer.ts';

/**
 * Keeps what the attested SBOMs that are judged by say of each platform, so that rescans, incidents and "are we affected?" see it
 * too. Returns whether anything is new. Where the policy reads none, nothing is kept.
 */
export function keepAttested(
  stocks: Pick<StockBook, 'recordAttested'>,
  policy: Policy,
  { key, platforms }: Pick<JudgedFacts, 'key' | 'platforms'>,
  attested: AttestedDocuments | undefined,
): Promise<boolean> {
  const asked = policy.document.documents?.sbom;
  const signers = asked === undefined || asked.prefer === 'generated' ? [] : asked.signers;
  const documents = signers.length === 0 ? [] : (attested?.documents ?? []);
  const ours = new Set(platforms.map(({ digest }) => digest));
  const contents = documents.flatMap(({ record, content }): AttestedContents[] => {
    if (content.kind !== 'sbom' || !ours.has(record.subject) || record.verification.outcome === 'rejected') return [];
    const names = findSigners(policy, record.verification.identity).map(({ name }) => name);
    return [
      {
        ...{ platform: record.subject, manifest: record.manifest },
        signer: names.filter((name) => signers.includes(name)).join(', '),
        ...{ complete: content.complete && content.unreadable.length === 0, components: content.components },
      },
    ];
  });
  const unread = documents.filter(({ content }) => content.kind === 'unreadable').map(({ record }) => record.manifest);
  return stocks.recordAttested(key.digest, contents, unread);
}
