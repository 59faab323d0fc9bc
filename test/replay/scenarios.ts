/** The runs that are recorded, one or two a workflow: ordinary ones, with a wait, a message and a second round in them. */
import type { Workflow } from '@temporalio/common';
import type { Attested } from '../../activities/trust/attest.ts';
import { historyToJson } from '../../adapters/temporal/history-json.ts';
import type { WakeReport } from '../../domain/advisory/rescan-book.ts';
import type { GoLive, Reservation } from '../../domain/promotion/promotion-book.ts';
import { generationRequested } from '../../workflows/artifact-pipeline/messages.ts';
import { decidePromotion, lookAgain } from '../../workflows/promotion/messages.ts';
import {
  awaitingApproval,
  digest,
  failingFirst,
  inTurn,
  pipelineCast,
  pipelineKey,
  promotionCast,
  promotionKey,
  quarantineCast,
  quarantineKey,
  rebuildCast,
  rebuildKey,
  reserved,
  rotationCast,
  severalHoldings,
} from '../workflow/casts.ts';
import type { Cast, Performance, Stage } from '../workflow/workflow-stage.ts';

interface Scenario {
  readonly workflow: string;
  readonly args: readonly unknown[];
  readonly cast: Cast;
  /** What somebody does to it while it runs. */
  readonly meanwhile?: (performance: Performance<Workflow>) => Promise<unknown>;
}

const opened = { state: 'open', joined: 1, kind: 'image', ageSeconds: 6 } as const;

const severalCast = { ...quarantineCast, holdings: async () => severalHoldings };

/** By the name of the file that keeps the history. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'artifact-pipeline-late': {
    workflow: 'artifactPipeline',
    args: [pipelineKey],
    cast: {
      ...pipelineCast,
      openGeneration: inTurn<Awaited<ReturnType<NonNullable<Cast['openGeneration']>>>>(
        { state: 'missing', joined: 1, ageSeconds: 1 },
        opened,
      ),
      attest: inTurn<Attested>(
        { ...(await pipelineCast.attest()), lacksProvenance: true, provenanceGraceSeconds: 1 },
        await pipelineCast.attest(),
      ),
      concludeGeneration: inTurn<{ again: false } | { again: true; joined: number }>(
        { again: true, joined: 2 },
        { again: false },
      ),
    },
  },
  'promotion-approved': {
    workflow: 'promotion',
    args: [promotionKey],
    cast: {
      ...promotionCast,
      reserve: inTurn<Reservation>(awaitingApproval, { outcome: 'stale', reason: 'of another day' }, reserved),
    },
    meanwhile: async ({ handle, called }) => {
      await called('reserve');
      const decider = { principal: 'ada', groups: ['release'] };
      await handle.executeUpdate(decidePromotion, {
        args: [{ ticket: 'ticket-1', verb: 'approve', reason: 'looked at it', decider }],
      });
    },
  },
  'artifact-pipeline-woken': {
    workflow: 'artifactPipeline',
    args: [pipelineKey],
    cast: {
      ...pipelineCast,
      attest: inTurn<Attested>(
        { ...(await pipelineCast.attest()), lacksProvenance: true, provenanceGraceSeconds: 600 },
        await pipelineCast.attest(),
      ),
    },
    meanwhile: async ({ handle, called }) => {
      await called('reportPhase');
      await handle.signal(generationRequested, 1);
    },
  },
  'artifact-pipeline-closes-here': {
    workflow: 'artifactPipeline',
    args: [pipelineKey],
    cast: {
      ...pipelineCast,
      concludeGeneration: inTurn<{ again: false } | { again: true; joined: number }>(
        { again: true, joined: 2 },
        { again: false },
      ),
    },
  },
  // Claimed by an index at the end of its patience, and given a tag of its own while that is concluded.
  'artifact-pipeline-asked-again': {
    workflow: 'artifactPipeline',
    args: [pipelineKey],
    cast: {
      ...pipelineCast,
      openGeneration: inTurn<Awaited<ReturnType<NonNullable<Cast['openGeneration']>>>>(
        { state: 'untagged', joined: 1, ageSeconds: 10 },
        { state: 'child', joined: 1, parent: digest },
        { ...opened, joined: 2, closesHere: true },
      ),
      concludeGeneration: inTurn<{ again: false } | { again: true; joined: number }>(
        { again: true, joined: 2 },
        { again: false },
      ),
    },
  },
  'artifact-pipeline-missing': {
    workflow: 'artifactPipeline',
    args: [pipelineKey],
    cast: {
      ...pipelineCast,
      openGeneration: inTurn<Awaited<ReturnType<NonNullable<Cast['openGeneration']>>>>(
        { state: 'missing', joined: 1, ageSeconds: 1 },
        { state: 'missing', joined: 1, ageSeconds: 6 },
        { ...opened, closesHere: true },
      ),
    },
  },
  'promotion-closes-here': {
    workflow: 'promotion',
    args: [promotionKey],
    // The first try comes to nothing: the ordinary activity goes on.
    cast: { ...promotionCast, goLive: failingFirst(promotionCast.goLive) },
  },
  'promotion-second-look': {
    workflow: 'promotion',
    args: [promotionKey],
    cast: {
      ...promotionCast,
      reserve: inTurn<Reservation>(awaitingApproval, reserved),
      goLive: inTurn<GoLive>(
        { outcome: 'refused', state: 'cancelled', reason: 'the lease ran out' },
        { outcome: 'live', next: [], wake: [] },
      ),
    },
    meanwhile: async ({ handle, called }) => {
      await called('reserve');
      await handle.signal(lookAgain);
      await called('undo');
      await handle.signal(lookAgain);
    },
  },
  'promotion-undone': {
    workflow: 'promotion',
    args: [promotionKey],
    cast: {
      ...promotionCast,
      reserve: inTurn<Reservation>(awaitingApproval, reserved),
      goLive: async () => ({ outcome: 'refused', state: 'quarantined', reason: 'fenced' }),
    },
    meanwhile: async ({ handle, called }) => {
      await called('reserve');
      await handle.signal(lookAgain);
    },
  },
  quarantine: {
    workflow: 'quarantine',
    args: [quarantineKey],
    cast: {
      ...quarantineCast,
      inFlight: inTurn<Awaited<ReturnType<NonNullable<Cast['inFlight']>>>>(
        { promotions: ['promotion/that-is-gone'], leaseSeconds: 1 },
        { promotions: [], leaseSeconds: 0 },
      ),
    },
  },
  /** Written down with the artifact, once it is out. */
  'quarantine-recorded': { workflow: 'quarantine', args: [quarantineKey], cast: quarantineCast },
  'quarantine-of-several': { workflow: 'quarantine', args: [quarantineKey], cast: severalCast },
  /** From all places at once. */
  'quarantine-side-by-side': { workflow: 'quarantine', args: [quarantineKey], cast: severalCast },
  incident: {
    workflow: 'incident',
    args: [{ incident: quarantineKey.incident }],
    cast: { unconfirmed: inTurn(1, 0), contain: async () => undefined },
  },
  'export-histories': {
    workflow: 'exportHistories',
    args: [],
    cast: { exportHistories: async () => ({ exported: 0, through: '2026-01-01T00:00:00.000Z' }) },
  },
  rescan: {
    workflow: 'rescan',
    args: [],
    cast: { rescan: async () => ({ epoch: 7, versions: 3, changes: 1, artifacts: 2, incidents: [] }) },
  },
  'wake-decisions': {
    workflow: 'wakeDecisions',
    args: [],
    cast: {
      wakeDecisions: inTurn<WakeReport>(
        { ended: 0, artifacts: 0, incidents: [], next: new Date(Date.now() + 1500).toISOString() },
        { ended: 1, artifacts: 2, incidents: ['inc-1'] },
      ),
    },
  },
  'sync-advisories': {
    workflow: 'syncAdvisories',
    args: [],
    cast: { syncAdvisories: async () => ({ activated: [], unchanged: [], failed: [] }) },
  },
  'key-rotation': {
    workflow: 'keyRotation',
    args: [{ rotation: 'rot-1' }],
    // Its clock is ahead of the database's: the old key has a moment left.
    cast: { ...rotationCast, retireKey: inTurn(0.05, 0) },
  },
  reverify: {
    workflow: 'reverify',
    args: [{ reverification: 'rev-1' }],
    cast: {
      reverifyWaiting: inTurn(2, 0),
      concludeReverification: async () => ({ stood: 1, fell: 1, incidents: ['inc-1'] }),
    },
  },
  import: { workflow: 'importRunning', args: [{ id: 'imp-1' }], cast: { takeInImport: async () => undefined } },
  rebuild: { workflow: 'rebuild', args: [rebuildKey], cast: rebuildCast },
  reconcile: {
    workflow: 'reconcile',
    args: [],
    cast: { reconcileRegistry: async () => ({ repositories: 1, tags: 1, missed: [] }) },
  },
  'reconcile-keeping': {
    workflow: 'reconcile',
    args: [],
    cast: {
      reconcileRegistry: async () => ({ repositories: 1, tags: 1, missed: [] }),
      keepLater: async () => ({ kept: 1, lost: 0, owed: 0 }),
    },
  },
};

/** Plays a scenario to its end; its history as JSON, without what names a machine. */
export async function recordHistory(stage: Stage, { workflow, args, cast, meanwhile }: Scenario): Promise<string> {
  const performance = await stage.perform<Workflow>(workflow, [...args], cast);
  await meanwhile?.(performance);
  await performance.handle.result();
  return historyToJson(await performance.handle.fetchHistory(), 2);
}
