/** SBOMs and vulnerability reports that others attested, as far as the policy may have gates read them: verified again, and bounded. */
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { isRegistryAway, RegistryError } from '../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { EnvironmentPolicy } from '../../domain/policy/document.ts';
import { type ReportUse, reportsToRead } from '../../domain/policy/documents/reports-to-read.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { JudgedFacts } from '../../domain/policy/verdict-book.ts';
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
  /** With its evidence as the database has it. */
  readonly facts: JudgedFacts;
  /** The same evidence, in the same order, as it was verified just now. */
  readonly evidence: readonly EvidenceRecord[];
  /** Where the artifact is judged, and where else its evidence may be. */
  readonly repositories: readonly string[];
  /** It is judged for these, as of now (RFC 3339). */
  readonly environments: readonly EnvironmentPolicy[];
  readonly now: string;
}

/** One that may be read, by the database and as it was verified just now. */
interface Candidate {
  readonly claimed: EvidenceRecord;
  readonly seen: EvidenceRecord;
  readonly of: readonly DocumentKind[];
}

/** Undefined where the policy reads what is made here alone. Throws a RegistryError where the registry does not answer. */
export async function readDocuments(
  deps: Dependencies,
  policy: Policy,
  examiner: Examiner,
  question: DocumentsQuestion,
): Promise<AttestedDocuments | undefined> {
  const wanted = documentKinds.filter((kind) => signersOf(policy, kind).length > 0);
  if (wanted.length === 0) return undefined;
  const { facts, repositories } = question;
  const { key } = facts;
  const candidates = candidatesOf(policy, wanted, question);
  const uses = usesOfReports(policy, candidates, question);
  const documents: AttestedDocument[] = [];
  const budget = createAttestedBudget();
  const perPlatform = new Map<Digest, number>();
  for (const candidate of candidates) {
    const { claimed, seen, of } = candidate;
    const use = uses.get(candidate) ?? 'read';
    if (use === 'superseded') continue;
    const unreadable = (record: EvidenceRecord, reason: string, code?: RejectionCode) =>
      documents.push({ record, content: { kind: 'unreadable', of, reason, ...(code === undefined ? {} : { code }) } });
    if (seen.verification.outcome === 'rejected') {
      unreadable(claimed, seen.verification.reason, seen.verification.code);
      continue;
    }
    if (use === 'refused') {
      unreadable(seen, 'it is not read: it counts in none of the environments');
      continue;
    }
    const count = (perPlatform.get(seen.subject) ?? 0) + 1;
    perPlatform.set(seen.subject, count);
    if (count > DOCUMENTS_PER_PLATFORM)
      unreadable(claimed, `DOCUMENTS_TOO_LARGE: more than ${DOCUMENTS_PER_PLATFORM} documents about this platform`);
    else {
      const content = await readContent(deps, { examiner, budget }, { key, repositories, record: seen });
      if ('problem' in content) unreadable(claimed, content.problem);
      else documents.push({ record: seen, content });
    }
  }
  return { documents, generated: await readGenerated(deps, policy, key) };
}

/** What is by somebody who is trusted no more is none; what is forged, or has nothing to verify it by, may say anything. */
function candidatesOf(
  policy: Policy,
  wanted: readonly DocumentKind[],
  { facts, evidence }: DocumentsQuestion,
): readonly Candidate[] {
  return facts.evidence.flatMap((claimed, position) => {
    const seen = evidence[position];
    const of = kindsWanted(policy, wanted, claimed);
    if (seen === undefined || of.length === 0) return [];
    const { verification } = seen;
    return verification.outcome === 'rejected' && verification.code !== 'RECORD_FORGED' ? [] : [{ claimed, seen, of }];
  });
}

function usesOfReports(
  policy: Policy,
  candidates: readonly Candidate[],
  { facts, environments, now }: DocumentsQuestion,
): ReadonlyMap<Candidate, ReportUse> {
  const reports = candidates.filter(({ of }) => of.includes('vulnerabilities'));
  const uses = reportsToRead(
    reports.map(({ claimed, seen }) => {
      const isThere = seen.verification.outcome === 'verified';
      return { record: isThere ? seen : claimed, isThere };
    }),
    {
      signers: signersOf(policy, 'vulnerabilities'),
      judged: facts,
      contexts: environments.map(({ name }) => ({ policy, environment: name, now })),
    },
  );
  return new Map(reports.map((report, index) => [report, uses[index] ?? 'read']));
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
