import { createEgress } from '../../adapters/egress/egress.ts';
import type { KafkaInspector } from '../../adapters/kafka/kafka-inspector.ts';
import { createAdvisoryImports } from '../../adapters/postgres/advisory-imports.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { createDecisionBook } from '../../adapters/postgres/decision-book.ts';
import { createImportDesk } from '../../adapters/postgres/import-desk.ts';
import { createIncidentDesk } from '../../adapters/postgres/incident-desk.ts';
import { createKeyDesk } from '../../adapters/postgres/key-desk.ts';
import { createRotationDesk } from '../../adapters/postgres/key-rotations.ts';
import { createLineDesk } from '../../adapters/postgres/line-desk.ts';
import { createPasskeyBook } from '../../adapters/postgres/passkeys.ts';
import { decideProposal, listProposals } from '../../adapters/postgres/policy-proposals.ts';
import { createPolicyStore } from '../../adapters/postgres/policy-store.ts';
import { createPrincipalDesk } from '../../adapters/postgres/principals.ts';
import { createRebuildDesk } from '../../adapters/postgres/rebuild-book.ts';
import { openNewGenerations } from '../../adapters/postgres/regenerate.ts';
import { createReportBook } from '../../adapters/postgres/scanner-reports.ts';
import { createThreatImports } from '../../adapters/postgres/threat-imports.ts';
import { openApprovalProofs } from '../../adapters/proof/open-approval-proofs.ts';
import type { Logger } from '../../adapters/telemetry/logger.ts';
import { connectTemporal, isTemporalHealthy } from '../../adapters/temporal/connect.ts';
import { createPromotionDesk } from '../../adapters/temporal/promotion-desk.ts';
import { createReconcileDesk } from '../../adapters/temporal/reconcile-desk.ts';
import { createWorkflowStarter } from '../../adapters/temporal/workflow-starter.ts';
import { describeWorkflow, retryStep } from '../../adapters/temporal/workflow-view.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { answerWithin } from './answer-within.ts';
import type { GatewayConfig } from './config.ts';
import { createDoctorFacts } from './doctor-facts.ts';
import type { GatewayPorts } from './gateway-ports.ts';

/** A client gives up after 30 seconds. */
const ANSWER_WITHIN_MS = 10_000;

/** Builds what the API acts through. What is requested is committed first; Temporal being away delays it, no more. */
export function createPorts(
  db: Database,
  config: GatewayConfig,
  inspector: KafkaInspector,
  logger: Logger,
): GatewayPorts {
  const { client, close } = connectTemporal(config.temporal);
  const policies = createPolicyStore(db);
  const egress = createEgress({ configuredHosts: [config.registry], allowPublicHosts: false });
  const proofs = openApprovalProofs(db, config.approvals);
  const starter = createWorkflowStarter(client, db);
  // The sweeper starts what this can not.
  const wake = () =>
    starter.sweep(0).then(
      () => undefined,
      () => undefined,
    );
  /** Of everything that is live, one by one: whoever put the policy in force does not wait for ten thousand. */
  const judgeAnew = () =>
    answerWithin(openNewGenerations(db, 'policy'), ANSWER_WITHIN_MS, (error) => {
      logger.warn(
        { err: error },
        'not all is asked for yet that the policy in force is to be applied to; the next start does',
      );
    });
  const advisories = createAdvisoryImports(db);
  const threats = createThreatImports(db);
  const line = createLineDesk(db);
  const decisions = createDecisionBook(db, () => policies.current());
  const reports = createReportBook(db);
  /** What was decided holds already; whoever it concerns is told. */
  const woken = async <T>(act: Promise<T>): Promise<T> => {
    const done = await act;
    await wake();
    return done;
  };
  return {
    doctor: createDoctorFacts({
      ...{ db, temporal: client, namespace: config.temporal.namespace, inspector, egress, registry: config.registry },
      currentPolicy: () => policies.current(),
    }),
    promotions: createPromotionDesk(db, client, policies, starter, wake),
    incidents: createIncidentDesk(db, policies, wake),
    line: {
      stop: (order) => line.stop(order),
      resume: (order) => woken(line.resume(order)),
      list: (of) => line.list(of),
    },
    rebuilds: createRebuildDesk(db, wake),
    imports: createImportDesk(db, wake),
    workflows: {
      describe: (workflowId) => describeWorkflow(client, workflowId),
      retry: (workflowId) => retryStep(client, workflowId),
    },
    advisories: {
      ...advisories,
      async activate(epoch, rejections, brought) {
        const summary = await advisories.activate(epoch, rejections, brought);
        await wake();
        return summary;
      },
    },
    threats: { activate: (epoch, table, rejections) => woken(threats.activate(epoch, table, rejections)) },
    decisions: {
      make: (decision, decider) => woken(decisions.make(decision, decider)),
      submit: (document, decider) => woken(decisions.submit(document, decider)),
      revoke: (id, reason, decider) => woken(decisions.revoke(id, reason, decider)),
    },
    reports: {
      add: (key, report, actor) => woken(reports.add(key, report, actor)),
      withdraw: (key, digest, reason, actor) => woken(reports.withdraw(key, digest, reason, actor)),
    },
    policies: {
      current: () => policies.current(),
      async activate(text, fileName, actor, signature) {
        const activation = await policies.activate(text, fileName, actor, signature);
        if (activation.outcome !== 'activated' && activation.outcome !== 'unchanged') return activation;
        await reach('policy.activated', String(activation.version));
        // Where it is in force already, too: whoever put it there may have died here. What is open already is joined.
        await judgeAnew();
        return activation;
      },
      proposals: () => listProposals(db),
      async decide(proposal, decision) {
        const outcome = await decideProposal(db, proofs, proposal, decision);
        if (outcome.outcome === 'activated') await judgeAnew();
        return outcome;
      },
    },
    principals: createPrincipalDesk(db),
    proofs,
    passkeys: createPasskeyBook(db),
    keys: createKeyDesk(db, wake),
    rotations: createRotationDesk(db, wake),
    reconcile: createReconcileDesk(client, db),
    isTemporalHealthy: () => isTemporalHealthy(client),
    async close() {
      await egress.close();
      await proofs.close();
      await close();
    },
  };
}
