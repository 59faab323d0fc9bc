import type { Digest } from '../../artifact/digest.ts';
import type { AttestedDocument, AttestedReport, AttestedSbom, DocumentKind } from '../../trust/attested-document.ts';
import type { JudgedArtifact, JudgedPlatform } from '../gate.ts';
import { type RefusedEvidence, refusedEvidence, refusedLine, signerLabel } from '../gates/evidence-line.ts';
import type { GateContext } from '../gates/gate-context.ts';
import { statementRefusal } from '../gates/statement-refusal.ts';

type Content<Kind extends DocumentKind> = Extract<AttestedSbom | AttestedReport, { kind: Kind }>;

/** What the signers that the policy names for a kind of document attest about one platform. */
export interface CountedDocuments<Kind extends DocumentKind> {
  readonly documents: readonly { readonly content: Content<Kind>; readonly manifest: Digest; readonly by: string }[];
  /** There, by such a signer, and nobody knows what they say. */
  readonly unreadable: readonly string[];
  readonly refused: readonly Pick<RefusedEvidence, 'code' | 'line'>[];
}

/** The subject must be the platform itself: a document about an index says of none of its platforms what is in it. */
export function countedDocuments<Kind extends DocumentKind>(
  kind: Kind,
  platform: JudgedPlatform,
  signers: readonly string[],
  judged: JudgedArtifact,
  context: GateContext,
): CountedDocuments<Kind> {
  const documents: { content: Content<Kind>; manifest: Digest; by: string }[] = [];
  const unreadable: string[] = [];
  const refused: RefusedEvidence[] = [];
  for (const { record, content } of judged.attested?.documents ?? []) {
    if (record.subject !== platform.digest || !isOf(content, kind)) continue;
    const use = { accepted: signers, subject: platform.digest, predicateType: record.predicateType };
    const why = statementRefusal(record, use, judged, context);
    if (why !== undefined) refused.push(refusedEvidence(record, why));
    else if (content.kind === 'unreadable')
      unreadable.push(refusedLine(record, { code: content.code ?? 'PREDICATE_UNREADABLE', clause: content.reason }));
    else
      documents.push({
        content: content as Content<Kind>,
        manifest: record.manifest,
        by: signerLabel(context.policy, record),
      });
  }
  return { documents, unreadable, refused };
}

function isOf(content: AttestedDocument['content'], kind: DocumentKind): boolean {
  return content.kind === 'unreadable' ? content.of.includes(kind) : content.kind === kind;
}
