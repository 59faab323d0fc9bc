/** SBOMs and vulnerability reports that others attested, as far as the policy may have gates read them: verified again, and bounded. */
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { isRegistryAway, RegistryError } from '../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Component } from '../../domain/sbom/component.ts';
import {
  type AttestedDocument,
  type AttestedDocuments,
  type DocumentKind,
  documentKinds,
} from '../../domain/trust/attested-document.ts';
import type { EvidenceRecord, RejectionCode } from '../../domain/trust/evidence.ts';
import { readDocumentReference } from '../../domain/trust/read-document-reference.ts';
import { readVulnerabilityReport } from '../../domain/trust/read-vulnerability-report.ts';
import { predicateTypes, type Statement } from '../../domain/trust/statement.ts';
import { findSigners } from '../../domain/trust/trusted-signer.ts';
import { type AttestedBudget, createAttestedBudget, takeAttestedStock } from './attested-budget.ts';
import type { Examiner } from './examine-evidence.ts';
import type { JudgeDependencies } from './judge.ts';
import { readAttached } from './read-attached.ts';

type Dependencies = Pick<JudgeDependencies, 'desk' | 'documents' | 'stocks'>;

/** Documents of one platform that are read; where there are more, nobody knows what the others say. */
const DOCUMENTS_PER_PLATFORM = 20;

const kindsOf: ReadonlyMap<string, readonly DocumentKind[]> = new Map([
  [predicateTypes.cycloneDx, ['sbom']],
  [predicateTypes.spdx, ['sbom']],
  [predicateTypes.vulns, ['vulnerabilities']],
  [predicateTypes.cosignVuln, ['vulnerabilities']],
  [predicateTypes.reference, ['sbom']],
]);

/** The signers whose documents of a kind the policy takes; none where it does not. */
function signersOf(policy: Policy, kind: DocumentKind): readonly string[] {
  const preference = policy.document.documents?.[kind];
  return preference === undefined || preference.prefer === 'generated' ? [] : preference.signers;
}

/** Whether the policy may have any of these read. */
export function hasDocuments(policy: Policy, recorded: readonly EvidenceRecord[]): boolean {
  return recorded.some((record) => kindsWanted(policy, documentKinds, record).length > 0);
}

export interface DocumentsQuestion {
  readonly key: ArtifactKey;
  /** Where the artifact is judged, and where else its evidence may be. */
  readonly repositories: readonly string[];
  /** As the database has it, and, in the same order, as it was verified just now. */
  readonly recorded: readonly EvidenceRecord[];
  readonly evidence: readonly EvidenceRecord[];
}

/** Undefined where the policy reads what is made here alone. Throws a RegistryError where the registry does not answer. */
export async function readDocuments(
  deps: Dependencies,
  policy: Policy,
  examiner: Examiner,
  { key, repositories, recorded, evidence }: DocumentsQuestion,
): Promise<AttestedDocuments | undefined> {
  const wanted = documentKinds.filter((kind) => signersOf(policy, kind).length > 0);
  if (wanted.length === 0) return undefined;
  const documents: AttestedDocument[] = [];
  const budget = createAttestedBudget();
  const perPlatform = new Map<Digest, number>();
  for (const [position, claimed] of recorded.entries()) {
    const seen = evidence[position];
    const of = kindsWanted(policy, wanted, claimed);
    if (seen === undefined || of.length === 0) continue;
    const count = (perPlatform.get(claimed.subject) ?? 0) + 1;
    perPlatform.set(claimed.subject, count);
    const unreadable = (reason: string, code?: RejectionCode): AttestedDocument => ({
      record: claimed,
      content: { kind: 'unreadable', of, reason, ...(code === undefined ? {} : { code }) },
    });
    const { verification } = seen;
    // By somebody who is trusted no more it is none; forged, or with nothing to verify it by, it may say anything.
    if (verification.outcome === 'rejected') {
      if (verification.code === 'RECORD_FORGED') documents.push(unreadable(verification.reason, verification.code));
    } else if (count > DOCUMENTS_PER_PLATFORM)
      documents.push(unreadable(`there are more than ${DOCUMENTS_PER_PLATFORM} documents about this platform`));
    else {
      const content = await readContent(deps, { examiner, budget }, { key, repositories, record: seen });
      documents.push('problem' in content ? unreadable(content.problem) : { record: seen, content });
    }
  }
  return { documents, generated: await readGenerated(deps, policy, key) };
}

/** Kinds this record may be a document of, by a signer who is taken for that kind. Not our own: they are no second opinion. */
function kindsWanted(policy: Policy, wanted: readonly DocumentKind[], record: EvidenceRecord): readonly DocumentKind[] {
  const { origin, verification, predicateType } = record;
  if (origin === 'own' || verification.outcome === 'rejected') return [];
  const kinds = (kindsOf.get(predicateType) ?? []).filter((kind) => wanted.includes(kind));
  if (kinds.length === 0) return [];
  const names = findSigners(policy, verification.identity).map(({ name }) => name);
  return kinds.filter((kind) => signersOf(policy, kind).some((name) => names.includes(name)));
}

type Content = Exclude<AttestedDocument['content'], { kind: 'unreadable' }>;

async function readContent(
  { desk, documents }: Dependencies,
  { examiner, budget }: { readonly examiner: Examiner; readonly budget: AttestedBudget },
  { key, repositories, record }: { key: ArtifactKey; repositories: readonly string[]; record: EvidenceRecord },
): Promise<Content | { readonly problem: string }> {
  const attached = await readAttached(desk, repositories, record.subject, record.manifest);
  const statement = attached && (await examiner.statement(attached, record));
  if (statement === undefined)
    return { problem: `it is not in ${repositories.join(' or ')} any more as it was verified` };
  if (kindsOf.get(statement.predicateType)?.includes('vulnerabilities')) {
    const report = readVulnerabilityReport(statement);
    if ('problem' in report) return report;
    const tooMany = budget.take('entries', report.findings.length + report.undecided.length);
    return tooMany ?? { ...report, findings: await documents.tell(report.findings) };
  }
  const bytes = await readBody(documents, key.repository, record.subject, statement);
  if ('problem' in bytes) return bytes;
  const tooLarge = budget.take('bytes', bytes.length);
  if (tooLarge !== undefined) return tooLarge;
  const read = documents.readSbom(bytes);
  if ('problem' in read) return read;
  const { complete, unreadable } = read.stock;
  const taken =
    budget.take('entries', unreadable.length) ?? (await takeAttestedStock(documents, budget, read.stock.components));
  if ('problem' in taken) return taken;
  return {
    ...{ kind: 'sbom', complete, ...taken },
    unreadable: unreadable.map(({ path, reason }) => `${path}: ${reason}`),
  };
}

/** The document itself; of one that is signed by reference by its digest, where the artifact was pushed. */
async function readBody(
  documents: Dependencies['documents'],
  repository: string,
  subject: Digest,
  { predicateType, predicate }: Statement,
): Promise<Uint8Array | { readonly problem: string }> {
  if (predicateType !== predicateTypes.reference) return bytesOf(predicate);
  const reference = readDocumentReference(predicate, [mediaTypes.cycloneDx, mediaTypes.spdx]);
  if ('problem' in reference) return reference;
  try {
    const found = await documents.attached(repository, subject, reference);
    return found ?? { problem: `the document ${reference.digest} that it signs is not attached in ${repository}` };
  } catch (error) {
    if (!(error instanceof RegistryError) || isRegistryAway(error)) throw error;
    return { problem: error.message };
  }
}

/** JSON as it was signed; text (SPDX in tag:value, XML) as cosign puts it in, by itself or under `Data`. */
function bytesOf(predicate: unknown): Uint8Array {
  const wrapped = (predicate ?? {}) as { readonly Data?: unknown };
  const body = typeof predicate === 'object' && wrapped.Data !== undefined ? wrapped.Data : predicate;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body ?? null));
}

/** What was read from the layers, where it is to be compared. */
async function readGenerated(
  { stocks }: Dependencies,
  policy: Policy,
  { digest }: ArtifactKey,
): Promise<Readonly<Record<string, readonly Component[]>>> {
  if (policy.document.documents?.sbom?.prefer !== 'both') return {};
  const found: Record<string, readonly Component[]> = {};
  for (const platform of await stocks.platforms(digest))
    if (platform.stock !== undefined) found[platform.digest] = (await stocks.stock(platform.stock)).components;
  return found;
}
