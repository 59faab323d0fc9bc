/** A gateway on real Postgres and Kafka, with a database of its own and ports that record what they were asked. */
import { createEgress } from '../../../adapters/egress/egress.ts';
import { connectKafka } from '../../../adapters/kafka/connect.ts';
import { createEventProducer } from '../../../adapters/kafka/event-producer.ts';
import { createKafkaInspector } from '../../../adapters/kafka/kafka-inspector.ts';
import type { Database } from '../../../adapters/postgres/database.ts';
import { createDecisionBook } from '../../../adapters/postgres/decision-book.ts';
import { createImportDesk } from '../../../adapters/postgres/import-desk.ts';
import { createKeyDesk } from '../../../adapters/postgres/key-desk.ts';
import { createRotationDesk } from '../../../adapters/postgres/key-rotations.ts';
import { createLineDesk } from '../../../adapters/postgres/line-desk.ts';
import { createPasskeyBook } from '../../../adapters/postgres/passkeys.ts';
import { decideProposal, listProposals } from '../../../adapters/postgres/policy-proposals.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { createPrincipalDesk } from '../../../adapters/postgres/principals.ts';
import { createReportBook } from '../../../adapters/postgres/scanner-reports.ts';
import { createThreatImports } from '../../../adapters/postgres/threat-imports.ts';
import { createTokenStore } from '../../../adapters/postgres/token-store.ts';
import { openApprovalProofs } from '../../../adapters/proof/open-approval-proofs.ts';
import { createLogger } from '../../../adapters/telemetry/logger.ts';
import { connectTemporal } from '../../../adapters/temporal/connect.ts';
import type { RelyingParty } from '../../../domain/identity/passkey.ts';
import type { Role } from '../../../domain/identity/role.ts';
import { createGateway } from '../../../services/gateway/create-gateway.ts';
import { createDoctorFacts } from '../../../services/gateway/doctor-facts.ts';
import type { GatewayPorts } from '../../../services/gateway/gateway-ports.ts';
import type { RegistryTokens } from '../../../services/gateway/gateway-server.ts';
import type { RequestLimits } from '../../../services/gateway/request-limits.ts';
import { watchGateway } from '../../../services/gateway/routes/health.ts';
import { createTestDatabase } from '../../database.ts';
import { infra } from '../../infra.ts';

export const WEBHOOK_SECRET = 'a-shared-secret-of-the-test';
export const REGISTRY = 'registry.test:5000';

interface Call {
  readonly port: string;
  readonly request: unknown;
}

export interface GatewayFixture {
  readonly app: Awaited<ReturnType<typeof createGateway>>;
  readonly db: Database;
  readonly calls: Call[];
  /** What a port answers next time; without one, its plain success. */
  readonly answers: Map<string, unknown>;
  /** The text of a new token. */
  token(role: Role, options?: TokenOptions): Promise<string>;
  close(): Promise<void>;
}

interface TokenOptions {
  readonly subject?: string;
  readonly groups?: readonly string[];
  readonly speaksFor?: { repositories: string[]; builders: string[] };
  readonly expiresAt?: Date;
}

/** Where its page would be. */
export const PAGES: RelyingParty = {
  id: 'localhost',
  origin: 'http://localhost:8080',
  page: 'http://localhost:8080/approve',
};

/** `kafkaBrokers` is for tests of a Kafka that is away. */
export async function startGateway(
  options: {
    kafkaBrokers?: string;
    deadlineMs?: number;
    registryTokens?: RegistryTokens;
    limits?: RequestLimits;
    relyingParty?: RelyingParty;
  } = {},
): Promise<GatewayFixture> {
  const { relyingParty = PAGES } = options;
  const { db, drop } = await createTestDatabase();
  const logger = createLogger('gateway-test', 'silent');
  const brokers = (options.kafkaBrokers ?? infra().kafkaBrokers).split(',');
  const kafka = connectKafka({ brokers, clientId: 'gateway-test' }, logger);
  const producer = createEventProducer({ kafka, deadlineMs: options.deadlineMs ?? 4000 });
  const inspector = createKafkaInspector(kafka);
  const tokens = createTokenStore(db);
  const temporal = connectTemporal({ address: infra().temporalAddress, namespace: infra().temporalNamespace });
  const egress = createEgress({ configuredHosts: [infra().registry], allowPublicHosts: false });
  const doctor = createDoctorFacts({
    ...{ db, temporal: temporal.client, namespace: infra().temporalNamespace, inspector, egress },
    registry: infra().registry,
    currentPolicy: () => createPolicyStore(db).current(),
  });
  const calls: Call[] = [];
  const answers = new Map<string, unknown>();
  const ports = { ...recordingPorts(db, calls, answers, relyingParty), doctor };
  const health = watchGateway({ db, inspector, ports });
  const app = await createGateway({
    db,
    tokens,
    producer,
    inspector,
    ports,
    health,
    registry: REGISTRY,
    webhookSecret: WEBHOOK_SECRET,
    registryTokens: options.registryTokens,
    relyingParty,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    logger,
    telemetry: {
      serveMetrics: (_request, response) => void response.end('# nothing\n'),
      shutdown: () => Promise.resolve(),
    },
  });
  return {
    app,
    db,
    calls,
    answers,
    token: async (role, { subject = `${role}@test`, groups = [], speaksFor, expiresAt } = {}) => {
      const speaks = speaksFor ?? { repositories: [], builders: [] };
      const created = { subject, name: 'a test', role, groups, speaksFor: speaks, expiresAt, createdBy: 'the test' };
      return (await tokens.create(created)).token;
    },
    close: async () => {
      await app.close();
      health.stop();
      await producer.close();
      await inspector.close();
      await temporal.close();
      await egress.close();
      await drop();
    },
  };
}

function recordingPorts(
  db: Database,
  calls: Call[],
  answers: Map<string, unknown>,
  relyingParty: RelyingParty,
): Omit<GatewayPorts, 'doctor'> {
  const record =
    <T>(port: string, answer: T) =>
    async (request: unknown): Promise<T> => {
      calls.push({ port, request });
      return (answers.get(port) as T | undefined) ?? answer;
    };
  const policies = createPolicyStore(db);
  const proofs = openApprovalProofs(db, { issuers: [], audience: 'pratique', relyingParty });
  return {
    promotions: {
      request: record('promotions.request', { outcome: 'requested', promotion: 'promotion/dev/x', generation: 1 }),
      cancel: record('promotions.cancel', { outcome: 'cancelled' }),
      decide: record('promotions.decide', { outcome: 'counted', state: 'waiting', reason: 'one more approval' }),
    },
    incidents: {
      preview: record('incidents.preview', { subjects: [], shared: [] }),
      open: record('incidents.open', { id: 'inc-1', subjects: [], shared: [] }),
      close: record('incidents.close', undefined),
      requestRelease: record('incidents.requestRelease', { outcome: 'waiting', request: 'rel-1' }),
      decideRelease: record('incidents.decideRelease', {
        outcome: 'released',
        incidents: ['inc-1'],
        repositories: ['a'],
      }),
    },
    line: createLineDesk(db),
    rebuilds: { request: record('rebuilds.request', { outcome: 'requested', rebuild: 'reb-1' }) },
    imports: createImportDesk(db, async () => undefined),
    workflows: { describe: record('workflows.describe', undefined), retry: record('workflows.retry', true) },
    advisories: {
      begin: async (source) => {
        calls.push({ port: 'advisories.begin', request: source });
        return 1;
      },
      stage: async (_epoch, records) => {
        calls.push({ port: 'advisories.stage', request: records.length });
        const rejected = records.flatMap((value, index) =>
          typeof (value as { id?: unknown }).id === 'string' ? [] : [{ index, reason: 'id: missing' }],
        );
        return { stored: records.length - rejected.length, rejected };
      },
      activate: record('advisories.activate', {
        epoch: 1,
        added: 1,
        updated: 0,
        withdrawn: 0,
        unchanged: 0,
        rejected: 0,
      }),
      fail: record('advisories.fail', undefined),
    },
    threats: createThreatImports(db),
    decisions: createDecisionBook(db, () => policies.current()),
    reports: createReportBook(db),
    policies: {
      ...policies,
      proposals: () => listProposals(db),
      decide: (proposal, decision) => decideProposal(db, proofs, proposal, decision),
    },
    principals: createPrincipalDesk(db),
    proofs,
    passkeys: createPasskeyBook(db),
    keys: createKeyDesk(db, async () => undefined),
    rotations: createRotationDesk(db, async () => undefined),
    reconcile: {
      start: record('reconcile.start', {
        workflowId: 'reconcile',
        runId: '0193772d-6b3c-7a51-8d2e-3f1c9a7d2b04',
        joined: false,
      }),
      read: record('reconcile.read', undefined),
    },
    isTemporalHealthy: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  } satisfies Omit<GatewayPorts, 'doctor'>;
}
