/** `sign --format notation` and `verify --notation-trust-policy`. Loaded only for them: nobody else waits for it. */
import path from 'node:path';
import { attachEnvelope } from '../../adapters/notation/attach-envelope.ts';
import { signEnvelope } from '../../adapters/notation/envelope-signer.ts';
import { createNotationVerifier } from '../../adapters/notation/notation-verifier.ts';
import { readCertificates } from '../../adapters/notation/read-certificates.ts';
import { createRevocationAsker, type RevocationAsker } from '../../adapters/notation/revocation-asker.ts';
import { openTrustStores } from '../../adapters/notation/trust-store.ts';
import { openLayoutWriter, type ReferrerPlace } from '../../adapters/oci/layout-writer.ts';
import { parseJson } from '../../adapters/sigstore/open-bundle.ts';
import { readEvidence } from '../../adapters/sigstore/read-evidence.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { identityName } from '../../domain/trust/evidence.ts';
import type { AttachedEvidence } from '../../domain/trust/evidence-desk.ts';
import type {
  NotationSubject,
  NotationTrust,
  NotationVerification,
} from '../../domain/trust/notation/notation-verifier.ts';
import { applicablePolicy, parseTrustPolicies, type TrustPolicy } from '../../domain/trust/notation/trust-policy.ts';
import { CliError } from './cli-error.ts';
import { withChildren } from './each-platform.ts';
import { formatEvidence } from './evidence-table.ts';
import { type EvidenceTarget, type ImageTarget, openEvidenceTarget, openSigningTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import type { CheckedEvidence } from './judge-evidence.ts';
import type { LayoutTarget } from './layout-target.ts';
import type { NotationSignOptions, NotationVerifyOptions } from './notation-options.ts';
import { refuseAttached } from './refuse-attached.ts';
import { withAdvice } from './rejection-advice.ts';
import { openSigningKey, readUserFile } from './signing-key.ts';
import { toolVersion } from './tool-version.ts';

const EVERYTHING = { limit: 1000, known: new Set<Digest>() };

export interface NotationSigning extends NotationSignOptions {
  readonly key?: string;
  readonly recursive?: boolean;
}

/**
 * Signs an image in a registry or a layout's folder (with `--recursive`: each of its platforms, then the index) in Notation's format,
 * attaches it there and reads it back.
 */
export async function signWithNotation(argument: string, options: NotationSigning, io: CliIo): Promise<void> {
  const { key, certificateChain, expiry } = options;
  if (key === undefined || certificateChain === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      "Notation's signatures are made with --key and --certificate-chain: give both",
    );
  const signer = await openSigningKey(key, io);
  const chain = readCertificates(await readUserFile(certificateChain, io), certificateChain, 'CHAIN_INVALID');
  const target = requireImage(await openSigningTarget(argument, io));
  const place = await openPlace(target);
  const signedAt = io.now?.() ?? new Date();
  const created = signedAt.toISOString().replace(/\.\d{3}Z$/, 'Z');
  for (const each of options.recursive === true ? await withChildren(target) : [target]) {
    const envelope = await signEnvelope(
      {
        subject: each.subject,
        chain,
        signedAt,
        expiry: expiry === undefined ? undefined : new Date(signedAt.getTime() + expiry * 1000),
        agent: `pratique/${toolVersion}`,
      },
      signer,
    );
    const manifest = await attachEnvelope(place, each.repository, each.subject, envelope, { chain, created });
    io.err.write(`attached to ${each.name}, and read back\n`);
    io.out.write(`${manifest}\n`);
  }
}

/** Verifies what Notation signed under its own trust policy; says what came of it. */
export async function verifyWithNotation(
  argument: string,
  options: NotationVerifyOptions,
  asJson: boolean,
  io: CliIo,
): Promise<boolean> {
  const { notationTrustPolicy: file } = options;
  if (file === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      'a trust store says nothing without a trust policy: name it with --notation-trust-policy',
    );
  const policies = parseTrustPolicies(parseJson(await readUserFile(file, io))?.value, file);
  const target = await openEvidenceTarget(argument, io);
  try {
    return await verifyTarget(target, policies, { ...options, file }, asJson, io);
  } finally {
    if (target.kind === 'layout') await target.dispose();
  }
}

async function verifyTarget(
  opened: EvidenceTarget,
  policies: readonly TrustPolicy[],
  options: NotationVerifyOptions & { readonly file: string },
  asJson: boolean,
  io: CliIo,
): Promise<boolean> {
  const { file, notationTrustStore, notationCrl = [], notationRevocationHost = [], notationScope } = options;
  const target = requireImage(opened);
  const policy = applicablePolicy(policies, scopeOf(target, notationScope), file);
  const isSkipped = policy.level === 'skip';
  if (isSkipped) io.err.write(`${file}: statement "${policy.name}" skips verification: nothing was looked at\n`);
  const folder = path.resolve(io.cwd, notationTrustStore ?? path.join(path.dirname(file), 'truststore'));
  const lists = await Promise.all(
    notationCrl.map(async (source) => ({ source, bytes: await readUserFile(source, io) })),
  );
  const trust: NotationTrust = { ...(await openTrustStores(folder, policy)), revocation: { lists, answers: [] } };
  const asker = options.offline === true ? undefined : createRevocationAsker(notationRevocationHost);
  let checked: Awaited<ReturnType<typeof judgeAttached>> = [];
  try {
    if (!isSkipped) checked = await judgeAttached(target, trust, asker, io);
  } finally {
    await asker?.close();
  }
  const verified = checked.some(({ outcome }) => outcome === 'verified');
  const { name, digest } = target;
  const type = mediaTypes.notationSignature;
  const result = {
    target: name,
    digest,
    type,
    policy: policy.name,
    level: policy.level,
    verified,
    evidence: withAdvice(checked),
  };
  if (asJson) io.out.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (!isSkipped) io.out.write(formatEvidence(name, type, checked));
  return verified || isSkipped;
}

/** A layout does not say which repository its image is of; an image in a registry says nothing else. */
function scopeOf(target: ImageTarget | LayoutTarget, scope: string | undefined): string {
  if (target.kind === 'image') {
    if (scope === undefined) return `${target.host}/${target.repository}`;
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_CONFLICT',
      `--notation-scope is for layouts: ${target.name} has its own`,
    );
  }
  if (scope !== undefined) return scope;
  throw new CliError(
    exitCodes.usage,
    'OPTIONS_INCOMPLETE',
    `${target.name} is a layout: --notation-scope names the repository whose statement of the trust policy counts`,
  );
}

async function judgeAttached(
  target: ImageTarget | LayoutTarget,
  trust: NotationTrust,
  asker: RevocationAsker | undefined,
  io: CliIo,
): Promise<CheckedEvidence[]> {
  const judge = createJudge(trust, asker, io);
  const subject = target.kind === 'image' ? target.subject : { digest: target.digest };
  const checked: CheckedEvidence[] = [];
  for await (const found of readEvidence(target.registry, target.repository, target.digest, EVERYTHING)) {
    const judged = await judge(found, subject, target.name);
    if (judged !== undefined) checked.push(judged);
  }
  return checked;
}

/** What others could still answer they are asked, and it is judged once more with what came. */
function createJudge(trust: NotationTrust, asker: RevocationAsker | undefined, io: CliIo) {
  const verifier = createNotationVerifier();
  const now = io.now?.() ?? new Date();
  const told = new Set<string>();
  return async (
    found: AttachedEvidence,
    subject: NotationSubject,
    name: string,
  ): Promise<CheckedEvidence | undefined> => {
    if (found.kind === 'bundle') return undefined;
    if (found.kind !== 'envelope') return refuseAttached(found, name);
    const first = verifier.verify(found, subject, trust, now);
    if (asker === undefined || first.questions === undefined) return toChecked(found.manifest, first);
    const { lists, answers, unanswered } = await asker.ask(first.questions, now);
    for (const reason of unanswered.filter((each) => !told.has(each))) {
      told.add(reason);
      io.err.write(`${reason}\n`);
    }
    const revocation = { lists: [...(trust.revocation?.lists ?? []), ...lists], answers };
    return toChecked(found.manifest, verifier.verify(found, subject, { ...trust, revocation }, now));
  };
}

function toChecked(source: Digest, result: NotationVerification): CheckedEvidence {
  if (result.outcome === 'rejected') return { source, outcome: 'rejected', code: result.code, reason: result.reason };
  const { identity, proof, logged } = result;
  return {
    source,
    outcome: 'verified',
    predicateType: mediaTypes.notationSignature,
    signer: identityName(identity),
    ...(proof === undefined ? {} : { proof }),
    ...(logged.length === 0 ? {} : { logged }),
  };
}

/** Where the signatures of an image go. Only folders of layouts are opened for signing. */
async function openPlace(target: ImageTarget | LayoutTarget): Promise<ReferrerPlace> {
  if (target.kind === 'image') return target.registry;
  if (target.folder === undefined) throw new Error(`${target.name}: opened for reading only`);
  return openLayoutWriter(target.folder);
}

function requireImage(target: EvidenceTarget): ImageTarget | LayoutTarget {
  if (target.kind !== 'file') return target;
  throw new CliError(
    exitCodes.usage,
    'TARGET_INVALID',
    `${target.name} is a file: Notation's signatures are on images, in a registry or an OCI layout`,
  );
}
