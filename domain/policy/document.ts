/** The policy file (`docs/policy.md`): its schema after YAML parsing. Durations are ISO 8601 (`PT15M`, `P7D`) in the file, seconds here. */
import { z } from 'zod';
import { signaturePolicies } from '../trust/dual-signatures.ts';
import { signatureDomains } from '../trust/signature-domain.ts';
import { documentsSchema } from './document-preferences.ts';
import { durationSchema } from './duration.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and -');
/** `*` matches within one path segment, `**` across segments. */
const pattern = z.string().min(1).max(255);

const gateSchema = z.discriminatedUnion('gate', [
  z.strictObject({ gate: z.literal('digest') }),
  /** Without `signers`: any signer of this policy. */
  z.strictObject({
    gate: z.literal('signature'),
    signers: z.array(name).min(1).optional(),
    /** Of a classical and a post-quantum key over the same bytes: which must be there. Without: any. */
    signatures: z.enum(signaturePolicies).optional(),
  }),
  z.strictObject({
    gate: z.literal('provenance'),
    /** Without: any builder of this policy. */
    builders: z.array(name).min(1).optional(),
    /** Without: the `sources` entry of the repository, where there is one. */
    sources: z.array(pattern).min(1).optional(),
    /** Patterns of refs (`refs/tags/v*`) and of entry points (`.github/workflows/release.yml`); full commit ids. */
    refs: z.array(pattern).min(1).optional(),
    entryPoints: z.array(pattern).min(1).optional(),
    commits: z
      .array(z.string().regex(/^(?:[a-f0-9]{40}|[a-f0-9]{64})$/, 'expected a full commit id'))
      .min(1)
      .optional(),
    /** Least SLSA Build level. */
    level: z.number().int().min(1).max(3).optional(),
    hermetic: z.literal(true).optional(),
    reproducible: z.literal(true).optional(),
  }),
  z.strictObject({
    gate: z.literal('tests'),
    /** Without: any signer of this policy. */
    signers: z.array(name).min(1).optional(),
    /** Patterns: for each there must be a result of a run whose configuration names it. Without: any configuration. */
    configurations: z.array(pattern).min(1).max(50).optional(),
    /** What WARNED is worth: of JUnit's reports, that a test was skipped. */
    warned: z.enum(['pass', 'unknown', 'fail']).default('unknown'),
    /** Since a timestamp or log entry shows that it was signed. */
    maximumAge: durationSchema.optional(),
  }),
  z.strictObject({ gate: z.literal('sbom'), minimumComponents: z.number().int().nonnegative().default(1) }),
  z.strictObject({ gate: z.literal('scan-fresh'), maximumAge: durationSchema, databaseMaximumAge: durationSchema }),
  z.strictObject({
    gate: z.literal('vulnerabilities'),
    /** Fails at or above. */
    severity: z.enum(['low', 'medium', 'high', 'critical']),
    /** Advisory ids let through, each with a reason and an end. */
    exceptions: z
      .array(
        z.strictObject({
          advisory: z.string(),
          purl: z.string().optional(),
          reason: z.string().min(1),
          expires: z.iso.datetime({ offset: true }).or(z.iso.date()),
        }),
      )
      .default([]),
    /** What attackers are known to use (CISA's catalogue) counts whatever its severity. */
    knownExploited: z.literal(true).optional(),
    /** What another scanner reports at or above it, and we have not, is unknown. */
    reports: z.enum(['low', 'medium', 'high', 'critical']).optional(),
  }),
  z.strictObject({
    gate: z.literal('licences'),
    deny: z.array(z.string()).min(1),
    unresolved: z.enum(['pass', 'unknown']).default('pass'),
  }),
]);
export type GateRule = z.infer<typeof gateSchema>;

const approvalsSchema = z.strictObject({
  required: z.number().int().min(1).max(10),
  groups: z.array(z.string()).default([]),
  notCommitter: z.boolean().default(true),
  /** Whether each approver brings a proof of their own. Without: required where `production` enforces. */
  proof: z.enum(['required', 'optional']).optional(),
  expiresAfter: durationSchema.default(7 * 86_400),
  remindAfter: durationSchema.default(4 * 3600),
});
export type ApprovalRule = z.infer<typeof approvalsSchema>;

const environmentSchema = z.strictObject({
  name,
  /** Where artifacts of this environment live; `{repository}` is the repository that was pushed to. */
  repository: z.string().regex(/\{repository\}/, 'must contain {repository}'),
  mode: z.enum(['audit', 'enforce']).default('enforce'),
  /** Where it matters most: while it enforces, approvals need a proof. */
  production: z.boolean().default(false),
  /** Environments an artifact must be live in first; empty for the first environment. */
  after: z.array(name).default([]),
  gates: z.array(gateSchema).min(1),
  approvals: approvalsSchema.optional(),
  /** Who reads what we sign there, besides cosign 3: for the older of them signatures are written under cosign's older tags too. */
  consumers: z.array(z.strictObject({ name, format: z.enum(['bundle', 'legacy']) })).default([]),
  /** Least time live in the previous environments. */
  soak: durationSchema.optional(),
  freeze: z
    .array(
      z.strictObject({
        from: z.iso.datetime({ offset: true }),
        to: z.iso.datetime({ offset: true }),
        reason: z.string(),
      }),
    )
    .default([]),
});
export type EnvironmentPolicy = z.infer<typeof environmentSchema>;

/** A public key (SPKI PEM, or a file next to the policy that is inlined before parsing). */
const publicKey = z
  .string()
  .regex(/^-----BEGIN PUBLIC KEY-----/, 'expected a PEM public key ("-----BEGIN PUBLIC KEY-----")');

/** A certificate's subject and who vouched for it, each exactly or as ^…$. */
const identitySchema = z.strictObject({
  subject: z.string().min(1).max(2000).optional(),
  subjectRegexp: z.string().min(1).max(2000).optional(),
  issuer: z.string().min(1).max(2000).optional(),
  issuerRegexp: z.string().min(1).max(2000).optional(),
});

/** Whose Notation signatures count: a subject (RFC 4514), certified below one of these roots. */
const x509Schema = z.strictObject({
  subject: z.string().min(1).max(2000),
  /** Certificates, PEM; and of the timestamp authorities that prove when, the roots. */
  roots: z.string().min(1).max(1_000_000),
  timestampRoots: z.string().min(1).max(1_000_000).optional(),
});

const signerSchema = z.strictObject({
  name,
  /** One of the three: a key, Sigstore's certificates, or those of Notation. */
  publicKey: publicKey.optional(),
  identity: identitySchema.optional(),
  x509: x509Schema.optional(),
  /** What it is for, and for nothing else. Without: for all. */
  domain: z.enum(signatureDomains).optional(),
  /** Without: all of them. */
  repositories: z.array(pattern).min(1).optional(),
  environments: z.array(name).min(1).optional(),
  /** Names or URIs of predicate types. */
  statements: z.array(z.string().min(1).max(1000)).min(1).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  state: z.enum(['trusted', 'retiring', 'revoked']).default('trusted'),
  /** What was signed before, and proves it, stands. Without: nothing does. */
  revokedAt: z.iso.datetime({ offset: true }).optional(),
});

/** Who must agree, besides the author, before another policy takes the place of this one. */
const changesSchema = z.strictObject({
  required: z.number().int().min(1).max(10),
  groups: z.array(z.string()).default([]),
  expiresAfter: durationSchema.default(7 * 86_400),
  /** Whether each who agrees brings a proof of their own; by default where production enforces. */
  proof: z.enum(['required', 'optional']).optional(),
});
export type ChangeRule = z.infer<typeof changesSchema>;

export const policyDocumentSchema = z.strictObject({
  apiVersion: z.literal('pratique.dev/v1'),
  kind: z.literal('Policy'),
  /** Monotonic; a lower one than the one in force is refused. */
  version: z.number().int().positive(),
  /** Without it, one admin changes the policy alone. */
  changes: changesSchema.optional(),
  /** While this policy enforces, the next one comes signed by one of these, or by the quorum of `changes`. */
  policySigners: z
    .array(
      z.strictObject({
        name,
        /** One of the two: the fingerprint of an SSH key, as ssh-keygen -l prints it, or a key. */
        sshKey: z
          .string()
          .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected the fingerprint of a key (ssh-keygen -l): SHA256:…')
          .optional(),
        publicKey: publicKey.optional(),
      }),
    )
    .max(20)
    .default([]),
  /** Repositories pushes are taken from; everything else is recorded as dropped. */
  intake: z.strictObject({
    repositories: z.array(pattern).min(1),
    /** How long a pipeline waits for provenance that has not arrived. */
    provenanceGrace: durationSchema.default(0),
  }),
  /** Where else evidence about what is pushed is kept, by digest: repositories of GitHub, as owner/repository. */
  attestations: z
    .array(
      z.strictObject({
        repository: pattern,
        github: z
          .string()
          .regex(
            /^[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\/(?!\.{1,2}$)[\w.-]{1,100})?$/,
            'expected owner/repository, or an owner',
          ),
      }),
    )
    .max(100)
    .optional(),
  /** While an authority or a log is away that signing without a key needs. Without: it waits, however long. */
  signing: z
    .strictObject({ patience: durationSchema, thereafter: z.enum(['wait', 'give-up']).default('wait') })
    .optional(),
  /** Whose SBOMs and vulnerability reports the gates read. Without: ours, made from the layers. */
  documents: documentsSchema.optional(),
  quarantineRepository: z
    .string()
    .regex(/\{repository\}/, 'must contain {repository}')
    .default('quarantine/{repository}'),
  rebuildRepository: z
    .string()
    .regex(/\{repository\}/, 'must contain {repository}')
    .default('rebuild/{repository}'),
  environments: z.array(environmentSchema).min(1).max(20),
  signers: z.array(signerSchema).default([]),
  builders: z
    .array(
      z.strictObject({
        name,
        id: z.string().min(1),
        signer: name,
        level: z.number().int().min(0).max(3),
        host: z.string().optional(),
        state: z.enum(['trusted', 'retiring', 'revoked']).default('trusted'),
      }),
    )
    .default([]),
  /** Where the source of a repository is, for rebuilds. */
  sources: z.array(z.strictObject({ repository: pattern, git: z.string().min(1), builder: name })).default([]),
  owners: z.array(z.strictObject({ repository: pattern, team: z.string().min(1) })).default([]),
  /** What people, and VEX documents, may decide about findings. */
  findingDecisions: z
    .strictObject({
      /** A risk is accepted for so long at most. */
      acceptedRisk: durationSchema.default(90 * 86_400),
      /** Where an environment enforces, nobody's decision counts for what they committed. */
      notCommitter: z.boolean().default(false),
    })
    .prefault({}),
  /** New findings, on something that runs, that open an incident by themselves; without `environments`, in any of them. */
  findingIncidents: z
    .array(
      z.discriminatedUnion('on', [
        z.strictObject({ on: z.literal('malicious-package'), environments: z.array(name).min(1).optional() }),
        z.strictObject({ on: z.literal('known-exploited'), environments: z.array(name).min(1).optional() }),
        z.strictObject({
          on: z.literal('severity'),
          atLeast: z.enum(['low', 'medium', 'high', 'critical']),
          environments: z.array(name).min(1).optional(),
        }),
      ]),
    )
    .default([]),
  /** What a revocation leaves without a passing verdict, and runs, opens an incident; without `environments`, in any of them. */
  revocationIncidents: z.array(z.strictObject({ environments: z.array(name).min(1).optional() })).default([]),
  /** Mode of the base image question for closures: diff-ids (or image references resolved to them) that are bases. */
  baseLayers: z.array(z.string()).default([]),
});
export type PolicyDocument = z.infer<typeof policyDocumentSchema>;
