/** Activities that play the ordinary case; a test names the parts that it plays otherwise. */

import type { Reserved } from '../../activities/promotion.ts';
import { parseDigest } from '../../domain/artifact/digest.ts';
import type { Holding } from '../../domain/incident/quarantine-book.ts';
import type { PromotionStart, Reservation } from '../../domain/promotion/promotion-book.ts';
import type { Cast } from './workflow-stage.ts';

export const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
export const pipelineKey = { repository: 'dev/shop', digest, generation: 1 };
export const promotionKey = { ...pipelineKey, environment: 'staging' };
export const quarantineKey = { digest, incident: 'inc-1' };
export const rebuildKey = { repository: 'dev/shop', digest, rebuild: 'rebuild-1' };

/** An image with one verdict, that nothing joined meanwhile. */
export const pipelineCast = {
  openGeneration: async () => ({ state: 'open', joined: 1, kind: 'image', ageSeconds: 0, closesHere: true }),
  reportPhase: async () => undefined,
  inspect: async () => ({ platforms: 1, components: 3, findings: 0, complete: true }),
  attest: async () => ({
    foreign: 0,
    verdicts: [{ environment: 'dev', outcome: 'pass', admitted: true, reason: '' }],
    lacksProvenance: false,
    provenanceGraceSeconds: 0,
  }),
  concludeGeneration: async () => ({ again: false }),
} satisfies Cast;

export const reserved: Reserved = {
  outcome: 'reserved',
  source: 'dev/shop',
  destination: 'staging/shop',
  tag: '1.0',
  verdict: 1,
  admittedBy: 'pass',
  closesHere: true,
};

/** Waits until somebody stirs the promotion. */
export const awaitingApproval: Extract<Reservation, { outcome: 'waiting' }> = {
  outcome: 'waiting',
  for: 'approval',
  reason: 'needs 1 of 1 approvals',
  until: undefined,
  remindAt: undefined,
};

/** Nothing in the way. */
export const promotionCast = {
  reserve: async () => reserved,
  judgeAgain: async () => undefined,
  copy: async () => ({ outcome: 'copied' }),
  admit: async () => ({ outcome: 'admitted', manifests: [] }),
  goLive: async () => ({ outcome: 'live', next: [] as PromotionStart[], wake: [] as string[] }),
  undo: async () => undefined,
  decide: async () => ({ outcome: 'counted', state: 'requested', reason: '' }),
  remind: async () => undefined,
} satisfies Cast;

/** Held by one environment, and gone at the first look. */
export const quarantineCast = {
  stands: async () => true,
  inFlight: async () => ({ promotions: [] as string[], leaseSeconds: 0 }),
  holdings: async () => [
    { environment: 'prod', destination: 'prod/shop', repository: 'dev/shop', quarantine: 'quarantine/shop' },
  ],
  removeFrom: async () => undefined,
  readBack: async () => ({ clean: true, seen: [] as string[] }),
  confirm: async () => undefined,
  attestIncidents: async () => undefined,
} satisfies Cast;

/** Staging is where prod was before, too: one repository, held twice. */
export const severalHoldings = ['dev dev/shop', 'staging staging/shop', 'prod staging/shop', 'prod prod/shop'].map(
  (held): Holding => {
    const [environment = '', destination = ''] = held.split(' ');
    return { environment, destination, repository: 'dev/shop', quarantine: 'quarantine/shop' };
  },
);

/** Rebuilds to the same bytes. */
export const rebuildCast = {
  planRebuild: async () => ({
    outcome: 'planned',
    source: { repository: 'https://git.example.com/shop.git', commit: 'c'.repeat(40) },
    target: 'rebuild/shop',
  }),
  recordBuilding: async () => undefined,
  buildFromSource: async () => ({ digest, signature: digest, provenance: digest, log: '' }),
  concludeRebuild: async () => ({ identical: true, summary: 'rebuilt to the same digest' }),
  failRebuild: async () => undefined,
} satisfies Cast;

/** A second that both keys count, and nothing left out. */
export const rotationCast = {
  beginRotation: async () => ({ retireAt: new Date(Date.now() + 1000).toISOString() }),
  resignLive: async () => ({ looked: 1 }),
  retireKey: async () => 0,
  noteRotation: async () => undefined,
  failRotation: async () => undefined,
} satisfies Cast;

/** One answer after the other; the last one stays. */
export function inTurn<T>(...answers: readonly [T, ...T[]]): () => Promise<T> {
  let turn = 0;
  return async () => {
    const answer = answers[Math.min(turn, answers.length - 1)] as T;
    turn += 1;
    return answer;
  };
}

/** Fails the first time, as where a database is away for a moment; with no stack, as histories are kept in the repository. */
export function failingFirst<T>(act: () => Promise<T>): () => Promise<T> {
  let tries = 0;
  return async () => {
    tries += 1;
    if (tries === 1) throw Object.assign(new Error('away for a moment'), { stack: '' });
    return act();
  };
}
