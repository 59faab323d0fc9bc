import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attested } from '../../activities/trust/attest.ts';
import { searchAttributes } from '../../adapters/temporal/search-attributes.ts';
import { describeWorkflow, retryStep } from '../../adapters/temporal/workflow-view.ts';
import type { SigningDeferral } from '../../domain/trust/signing-error.ts';
import { generationRequested } from '../../workflows/artifact-pipeline/messages.ts';
import { MISSING_INTERVAL_MS } from '../../workflows/artifact-pipeline/options.ts';
import type { artifactPipeline } from '../../workflows/artifact-pipeline/workflow.ts';
import { currentStep, retryNow } from '../../workflows/runtime/persistent-step.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { digest, failingFirst, inTurn, pipelineCast, pipelineKey } from './casts.ts';
import { type Cast, openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
});
afterAll(() => stage.close());

type Opened = Awaited<ReturnType<NonNullable<Cast['openGeneration']>>>;
type Conclusion = Parameters<NonNullable<Cast['concludeGeneration']>>;

/** Runs to the end; returns what was called, and how each round was concluded. */
async function run(cast: Cast) {
  const concluded: { generation: number; joined: number; outcome: string; reason: string }[] = [];
  const { concludeGeneration = pipelineCast.concludeGeneration } = cast;
  const { handle, calls } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
    ...pipelineCast,
    ...cast,
    concludeGeneration: async (...[key, result]: Conclusion) => {
      concluded.push({ generation: key.generation, ...result });
      return concludeGeneration(key, result);
    },
  });
  await handle.result();
  return { calls, concluded };
}

describe.concurrent('artifactPipeline', () => {
  it('takes stock, attests, and concludes with what was judged', async () => {
    const { calls, concluded } = await run({});
    expect(calls).toEqual(['openGeneration', 'inspect', 'attest', 'concludeGeneration']);
    expect(concluded).toEqual([
      { generation: 1, joined: 1, outcome: 'judged', reason: '3 components, 0 findings; dev: pass' },
    ]);
  });

  it('concludes where it runs, and by the ordinary activity where that comes to nothing', async () => {
    const activities = async (cast: Cast) => {
      const played = { ...pipelineCast, ...cast };
      const { handle, scheduled } = await stage.perform<typeof artifactPipeline>(
        'artifactPipeline',
        [pipelineKey],
        played,
      );
      await handle.result();
      return scheduled();
    };
    const before = ['openGeneration', 'inspect', 'attest'];
    expect(await activities({})).toEqual(before);
    const conclude = failingFirst(pipelineCast.concludeGeneration);
    expect(await activities({ concludeGeneration: conclude })).toEqual([...before, 'concludeGeneration']);
  });

  it('does nothing where another run finished the generation', async () => {
    expect((await run({ openGeneration: async () => ({ state: 'closed' }) })).calls).toEqual(['openGeneration']);
  });

  it('waits for a registry that does not show it yet', async () => {
    const { calls } = await run({
      openGeneration: inTurn<Opened>(
        { state: 'missing', joined: 1, ageSeconds: 1 },
        { state: 'open', joined: 1, kind: 'image', ageSeconds: 6 },
      ),
    });
    const looked = ['openGeneration', 'reportPhase', 'openGeneration'];
    expect(calls).toEqual([...looked, 'inspect', 'attest', 'concludeGeneration']);
  });

  it('says once that the registry does not have it, and looks at once when told', async ({ expect }) => {
    const missing: Opened = { state: 'missing', joined: 1, ageSeconds: 1 };
    const told: string[] = [];
    let isThere = false;
    const { handle, calls, called } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
      ...pipelineCast,
      openGeneration: async () => (isThere ? pipelineCast.openGeneration() : missing),
      reportPhase: async (_key, phase, reason) => void told.push(`${phase}: ${reason}`),
    });
    await called('openGeneration', 2);
    const waiting = {
      attempt: expect.any(Number) as number,
      lastFailure: 'the registry does not have it',
      nextTryAt: expect.any(String) as string,
    };
    await expect.poll(() => handle.query(currentStep)).toMatchObject({ step: 'open', ...waiting });
    await expect
      .poll(() => describeWorkflow(stage.client, handle.workflowId))
      .toEqual({ status: 'RUNNING', pending: [{ activity: 'open', ...waiting }] });
    await expect.poll(() => retryStep(stage.client, handle.workflowId)).toBe(true);
    isThere = true;
    await handle.result();
    const { events } = await handle.fetchHistory();
    const fired = new Set((events ?? []).map(({ timerFiredEventAttributes: timer }) => timer?.timerId));
    const waits = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
      Number(timer?.startToFireTimeout?.seconds) * 1000 === MISSING_INTERVAL_MS ? [timer?.timerId] : [],
    );
    // Told, it did not wait to the end.
    expect(waits.filter((timer) => !fired.has(timer))).not.toEqual([]);
    expect(calls.slice(0, 3)).toEqual(['openGeneration', 'reportPhase', 'openGeneration']);
    expect(told).toEqual([
      expect.stringMatching(/^retrying: open: the registry does not have it, looked for every 5 s until 2\S+Z$/),
    ]);
  });

  it('says that not everything could be read, beside what was counted', async () => {
    const { concluded } = await run({
      inspect: async () => ({ platforms: 1, components: 0, findings: 0, complete: false }),
    });
    expect(concluded[0]?.reason).toBe(
      'not everything could be read: 0 components, 0 findings in what could be; dev: pass',
    );
  });

  it('is unknown, not clean, where the registry never shows it', async () => {
    const { calls, concluded } = await run({
      openGeneration: async () => ({ state: 'missing', joined: 2, ageSeconds: 601 }),
    });
    expect(calls).toEqual(['openGeneration', 'concludeGeneration']);
    expect(concluded).toMatchObject([{ joined: 2, outcome: 'unknown' }]);
  });

  it.each([
    ['child' as const, { state: 'child' as const, joined: 1, parent: digest }],
    ['evidence' as const, { state: 'evidence' as const, joined: 1, subject: digest }],
  ])('judges no %s by itself', async (outcome, opened) => {
    const { calls, concluded } = await run({ openGeneration: async () => opened });
    expect(calls).toEqual(['openGeneration', 'concludeGeneration']);
    expect(concluded).toMatchObject([{ outcome }]);
  });

  it.each([
    ['child' as const, { state: 'child' as const, joined: 1, parent: digest }],
    ['evidence' as const, { state: 'evidence' as const, joined: 1, subject: digest }],
  ])('asks again what it is when something came meanwhile: %s', async (outcome, opened) => {
    const again = { ...opened, joined: 2 };
    const { calls, concluded } = await run({
      openGeneration: inTurn<Opened>(opened, again, { state: 'open', joined: 3, kind: 'image', ageSeconds: 1 }),
      concludeGeneration: inTurn<{ again: false } | { again: true; joined: number }>(
        { again: true, joined: 2 },
        { again: true, joined: 3 },
        { again: false },
      ),
    });
    const looked = ['openGeneration', 'concludeGeneration'];
    expect(calls).toEqual([...looked, ...looked, 'openGeneration', 'inspect', 'attest', 'concludeGeneration']);
    expect(concluded).toMatchObject([{ outcome }, { outcome, joined: 2 }, { outcome: 'judged', joined: 3 }]);
  });

  it('judges nothing that an index claims at the end of its patience', async () => {
    const { calls, concluded } = await run({
      openGeneration: inTurn<Opened>(
        { state: 'untagged', joined: 1, ageSeconds: 10 },
        { state: 'child', joined: 1, parent: digest },
      ),
    });
    expect(calls).toEqual(['openGeneration', 'openGeneration', 'concludeGeneration']);
    expect(concluded).toMatchObject([{ outcome: 'child' }]);
  });

  it('judges an untagged image that no index names in time', async () => {
    const patience: boolean[] = [];
    const { calls } = await run({
      openGeneration: async (_key, _run, patient) => {
        patience.push(patient);
        return patient
          ? { state: 'untagged', joined: 1, ageSeconds: patience.length === 1 ? 9 : 10 }
          : { state: 'open', joined: 1, kind: 'image', ageSeconds: 10 };
      },
    });
    expect(patience).toEqual([true, true, false]);
    expect(calls.slice(3)).toEqual(['inspect', 'attest', 'concludeGeneration']);
  });

  it('looks again for provenance that may still come', async () => {
    const attested = { ...(await pipelineCast.attest()), provenanceGraceSeconds: 1 };
    const { calls, concluded } = await run({
      attest: inTurn<Attested>(
        { ...attested, lacksProvenance: true, verdicts: [] },
        { ...attested, lacksProvenance: false },
      ),
    });
    expect(calls).toEqual(['openGeneration', 'inspect', 'attest', 'reportPhase', 'attest', 'concludeGeneration']);
    expect(concluded[0]?.reason).toContain('dev: pass');
  });

  it('looks for provenance when something comes, and waits once however many rounds it takes', async () => {
    const attested = { ...(await pipelineCast.attest()), provenanceGraceSeconds: 600 };
    const lacking = { ...attested, lacksProvenance: true };
    const { handle, calls, called } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
      ...pipelineCast,
      attest: inTurn<Attested>(lacking, lacking, { ...attested, lacksProvenance: false }, lacking),
      concludeGeneration: inTurn<{ again: false } | { again: true; joined: number }>(
        { again: true, joined: 3 },
        { again: false },
      ),
    });
    await called('reportPhase');
    // The task that told of it may not be over yet.
    const phase = async () => (await handle.describe()).typedSearchAttributes.get(searchAttributes.phase);
    await expect.poll(phase).toBe('waits-for-provenance');
    // A signature, and then the provenance.
    await handle.signal(generationRequested, 1);
    await called('attest', 2);
    await handle.signal(generationRequested, 1);
    await handle.result();
    expect(calls.filter((name) => name === 'attest')).toHaveLength(4);
    expect((await handle.describe()).typedSearchAttributes.get(searchAttributes.phase)).toBe('running');
  });

  it('goes a second round where an event joined before the end', async () => {
    const { calls, concluded } = await run({
      concludeGeneration: inTurn<{ again: false } | { again: true; joined: number }>(
        { again: true, joined: 2 },
        { again: false },
      ),
    });
    expect(calls.filter((name) => name === 'attest')).toHaveLength(2);
    expect(concluded.map(({ joined }) => joined)).toEqual([1, 2]);
  });

  it('takes along a generation that is asked for while it runs', async () => {
    const opened: number[] = [];
    const held = Promise.withResolvers<void>();
    const { handle, called } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
      ...pipelineCast,
      openGeneration: async (key) => {
        opened.push(key.generation);
        return pipelineCast.openGeneration();
      },
      inspect: async () => {
        await held.promise;
        return pipelineCast.inspect();
      },
    });
    await called('inspect');
    await handle.signal(generationRequested, 3);
    held.resolve();
    await handle.result();
    expect(opened).toEqual([1, 3]);
  });

  it('records a manifest that can not be read as unknown, also where events joined meanwhile', async () => {
    const broken = async (): Promise<never> => {
      throw ApplicationFailure.nonRetryable('shop/web: the registry sent other bytes', 'REGISTRY_DIGEST_MISMATCH');
    };
    const { calls, concluded } = await run({
      openGeneration: broken,
      inspect: broken,
      concludeGeneration: inTurn<{ again: false } | { again: true; joined: number }>(
        { again: true, joined: 2 },
        { again: false },
      ),
    });
    expect(calls).toEqual(['openGeneration', 'concludeGeneration', 'inspect', 'concludeGeneration']);
    expect(concluded).toMatchObject([
      { joined: 0, outcome: 'unknown', reason: 'shop/web: the registry sent other bytes' },
      { joined: 2, outcome: 'unknown' },
    ]);
  });

  it('records broken content as unknown, with the reason, without trying again', async () => {
    const { calls, concluded } = await run({
      inspect: async () => {
        throw ApplicationFailure.nonRetryable('layer 2: truncated gzip', 'REGISTRY_BAD_MANIFEST');
      },
    });
    expect(calls).toEqual(['openGeneration', 'inspect', 'concludeGeneration']);
    expect(concluded).toMatchObject([{ outcome: 'unknown', reason: 'layer 2: truncated gzip' }]);
  });

  it('says what keeps it and when it tries next, and tries at once when told', async () => {
    let isMended = false;
    const { handle, calls, called } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
      ...pipelineCast,
      inspect: async () => {
        if (!isMended) throw ApplicationFailure.create({ message: 'connection refused', type: 'REGISTRY_UNAVAILABLE' });
        return pipelineCast.inspect();
      },
    });
    await called('reportPhase');
    const waiting = { attempt: 1, lastFailure: 'connection refused', nextTryAt: expect.any(String) as string };
    expect(await handle.query(currentStep)).toMatchObject({ step: 'inspect', ...waiting });
    // No activity is there between two tries.
    const described = await describeWorkflow(stage.client, handle.workflowId);
    expect(described).toEqual({ status: 'RUNNING', pending: [{ activity: 'inspect', ...waiting }] });
    isMended = true;
    expect(await retryStep(stage.client, handle.workflowId)).toBe(true);
    await handle.result();
    expect(await retryStep(stage.client, handle.workflowId)).toBe(false);
    expect(calls.filter((name) => name === 'inspect')).toHaveLength(5);
  });

  it('goes on where nobody can be told what keeps it: the database is away', async () => {
    let isAway = true;
    const refused = () => ApplicationFailure.create({ message: 'connect ECONNREFUSED', type: 'ECONNREFUSED' });
    const concluded: string[] = [];
    const { handle, called } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
      ...pipelineCast,
      inspect: async () => {
        if (isAway) throw refused();
        return pipelineCast.inspect();
      },
      reportPhase: async () => {
        throw refused();
      },
      concludeGeneration: async (...[, result]: Conclusion) => {
        concluded.push(result.outcome);
        return pipelineCast.concludeGeneration();
      },
    });
    await called('reportPhase');
    isAway = false;
    await handle.result();
    expect(concluded).toEqual(['judged']);
  });

  it('waits, visibly, while what signatures need is away, and signs when it is back', async () => {
    let isAway = true;
    const phases: string[] = [];
    const { handle, calls, called } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
      ...pipelineCast,
      reportPhase: async (_key, phase, reason) => void phases.push(`${phase}: ${reason}`),
      attest: async () => {
        if (isAway) throw deferred();
        return pipelineCast.attest();
      },
    });
    await called('reportPhase');
    expect(phases).toEqual(['awaiting-signing: signing waits: the log does not answer']);
    expect(await handle.query(currentStep)).toMatchObject({ step: 'attest', nextTryAt: expect.any(String) as string });
    expect((await handle.describe()).typedSearchAttributes.get(searchAttributes.phase)).toBe('waits-for-signing');
    isAway = false;
    expect(await handle.executeUpdate(retryNow)).toBe(true);
    await handle.result();
    expect(calls).toEqual(['openGeneration', 'inspect', 'attest', 'reportPhase', 'attest', 'concludeGeneration']);
    expect((await handle.describe()).typedSearchAttributes.get(searchAttributes.phase)).toBe('running');
  });

  it('waits beyond the patience of a policy that says so, and comes back by itself', async () => {
    const { calls, concluded } = await run({
      attest: inTurnOrFail(deferred({ seconds: 0, thereafter: 'wait' }), await pipelineCast.attest()),
    });
    expect(calls.slice(-3)).toEqual(['reportPhase', 'attest', 'concludeGeneration']);
    expect(concluded).toMatchObject([{ outcome: 'judged' }]);
  });

  it('gives signing up where the policy says so, as unknown', async () => {
    const { calls, concluded } = await run({
      attest: async () => {
        throw deferred({ seconds: 0, thereafter: 'give-up' });
      },
    });
    expect(calls).toEqual(['openGeneration', 'inspect', 'attest', 'concludeGeneration']);
    expect(concluded).toMatchObject([
      { outcome: 'unknown', reason: expect.stringContaining('given up after the 0 s that the policy waits') as string },
    ]);
  });
});

/** As the activity fails once its quick tries are over. */
function deferred(patience?: SigningDeferral['patience']): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'signing waits: the log does not answer',
    type: 'SIGNING_DEFERRED',
    nonRetryable: true,
    details: [{ reason: 'LOG_UNAVAILABLE', ...(patience === undefined ? {} : { patience }) }],
  });
}

function inTurnOrFail<T>(first: ApplicationFailure, then: T): () => Promise<T> {
  let isFirst = true;
  return async () => {
    if (!isFirst) return then;
    isFirst = false;
    throw first;
  };
}
