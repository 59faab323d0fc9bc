/** One artifact from push to verdict. Reads like the runbook: open, inspect, attest and judge, conclude. */
import {
  ApplicationFailure,
  allHandlersFinished,
  ContinueAsNew,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Inspection } from '../../activities/inspect.ts';
import type { OpenedGeneration } from '../../activities/pipeline.ts';
import type { Attested } from '../../activities/trust/attest.ts';
import type { GenerationKey, GenerationOutcome } from '../../domain/artifact/generation-ledger.ts';
import { plural } from '../../domain/plural.ts';
import { closeHere } from '../runtime/close-here.ts';
import { mustContinueAsNew } from '../runtime/must-continue.ts';
import { note } from '../runtime/note.ts';
import { createPersistentSteps, type PersistentSteps, reasonOf } from '../runtime/persistent-step.ts';
import { createPhase, type Phase } from '../runtime/phase.ts';
import { asDeferred, createSigningPatience, givenUp, type Outage } from '../runtime/signing-patience.ts';
import { generationRequested } from './messages.ts';
import {
  closing,
  inspection,
  MISSING_INTERVAL_MS,
  MISSING_PATIENCE_SECONDS,
  notes,
  pipeline,
  trust,
  UNTAGGED_PATIENCE_SECONDS,
} from './options.ts';

type Ending = { readonly outcome: GenerationOutcome; readonly reason: string };

/** What a run that waited long for signatures hands on to the next. */
interface WaitState {
  readonly outage: Outage;
  readonly phase: string;
  /** When the wait for provenance ended (milliseconds since 1970), where it did. */
  readonly waitedUntil: number | undefined;
}

/** Of the generation it is started with, which opens again; `wanted` may be a later one. */
interface Carried extends WaitState {
  readonly wanted: number;
}

/** Goes on in a new run: throws what no catch may keep. */
type GoOn = (state: WaitState) => Promise<never>;
interface Continuity {
  readonly carried: WaitState | undefined;
  readonly goOn: GoOn;
}

/**
 * Runs one generation, and then any that was asked for meanwhile. Started with a signal that carries the generation: a
 * run that is about to end sees it, and takes it along.
 */
export async function artifactPipeline(key: GenerationKey, carried?: Carried): Promise<void> {
  let wanted = Math.max(key.generation, carried?.wanted ?? 0);
  let requests = 0;
  setHandler(generationRequested, (generation) => {
    wanted = Math.max(wanted, generation);
    requests += 1;
  });
  const listen: Listen = () => {
    const before = requests;
    const isWoken = () => requests > before;
    const pause = async (milliseconds: number) => {
      await condition(isWoken, milliseconds);
    };
    return Object.assign(pause, { isWoken });
  };
  for (let generation = key.generation; ; generation = wanted) {
    const own = { ...key, generation };
    const goOn: GoOn = (state) => continueAsNew<typeof artifactPipeline>(own, { wanted, ...state });
    await runGeneration(own, listen, { carried: generation === key.generation ? carried : undefined, goOn });
    await condition(allHandlersFinished);
    if (wanted === generation) return;
  }
}

/**
 * Called before a look; the pause that it returns ends early where the generation was asked for since: the tag (or the
 * provenance) that is waited for may be there, and may have come while we looked.
 */
type Listen = () => ((milliseconds: number) => Promise<void>) & { isWoken(): boolean };

async function runGeneration(key: GenerationKey, listen: Listen, continuity: Continuity): Promise<void> {
  const steps = createPersistentSteps((state) =>
    notes.reportPhase(key, 'retrying', `${state.step}: ${state.lastFailure}; next try at ${state.nextTryAt}`),
  );
  const attest = createPatientAttest(key, steps, listen, continuity);
  let joined = await open(key, steps, listen).catch(unreadable);
  while (joined !== undefined) {
    const { ending, seen } = await judgeOnce(key, steps, attest, joined);
    const { closesHere } = joined;
    const result = { joined: seen, ...ending };
    const conclude = () => pipeline.concludeGeneration(key, result);
    const concluded = await steps.run(
      'conclude',
      closesHere ? () => closeHere(() => closing.concludeGeneration(key, result), conclude) : conclude,
    );
    if (!concluded.again) return;
    const isElsewhere = ending.outcome === 'child' || ending.outcome === 'evidence';
    joined =
      // What came may be its tag, or more about what it is judged with: that is asked once more.
      isElsewhere && patched('asks-again-what-it-is')
        ? await open(key, steps, listen).catch(unreadable)
        : { joined: concluded.joined, ending: undefined, closesHere };
  }
}

interface Opened {
  /** Events that had joined when we looked. */
  readonly joined: number;
  /** Set where nothing is left to judge. */
  readonly ending: Ending | undefined;
  /** Whether it is concluded where the workflow runs. */
  readonly closesHere?: boolean | undefined;
}

/** Permanent: what the registry gives is no manifest, or not this one. Events that joined have it looked at once more. */
function unreadable(error: unknown): Opened {
  if (isCancellation(error)) throw error;
  return { joined: 0, ending: { outcome: 'unknown', reason: reasonOf(error) } };
}

/** Waits for a registry that does not show it yet, and for an index that may still name it. Undefined: another run had it. */
async function open(key: GenerationKey, steps: PersistentSteps, listen: Listen): Promise<Opened | undefined> {
  const { runId } = workflowInfo();
  let isMissed = false;
  for (;;) {
    const pause = listen();
    const opened = await steps.run('open', () => pipeline.openGeneration(key, runId, true));
    switch (opened.state) {
      case 'closed':
        return undefined;
      case 'open':
        return { joined: opened.joined, ending: undefined, closesHere: opened.closesHere };
      case 'child':
      case 'evidence':
        return elsewhere(opened);
      case 'untagged':
        if (opened.ageSeconds < UNTAGGED_PATIENCE_SECONDS) {
          await pause(1000 * Math.ceil(UNTAGGED_PATIENCE_SECONDS - opened.ageSeconds));
          continue;
        }
        return openUntagged(key, steps);
      case 'missing':
        if (opened.ageSeconds > MISSING_PATIENCE_SECONDS)
          return {
            joined: opened.joined,
            ending: {
              outcome: 'unknown',
              reason: `the registry did not have it for ${MISSING_PATIENCE_SECONDS / 60} minutes after the event: push it again`,
            },
          };
        if (!patched('missing-is-shown')) {
          await pause(MISSING_INTERVAL_MS);
          continue;
        }
        // Told once: every look would be a note.
        if (!isMissed) await note(() => notes.reportPhase(key, 'retrying', `open: ${MISSING}, ${lookedFor(opened)}`));
        isMissed = true;
        await steps.pause('open', MISSING, MISSING_INTERVAL_MS, pause.isWoken);
    }
  }
}

const MISSING = 'the registry does not have it';

function lookedFor({ ageSeconds }: { readonly ageSeconds: number }): string {
  const until = new Date(Date.now() + 1000 * (MISSING_PATIENCE_SECONDS - ageSeconds)).toISOString();
  return `looked for every ${MISSING_INTERVAL_MS / 1000} s until ${until}`;
}

/** Judged with another, or not at all. */
function elsewhere(opened: Extract<OpenedGeneration, { state: 'child' | 'evidence' }>): Opened {
  const reason =
    opened.state === 'child'
      ? `belongs to the index ${opened.parent}, which is judged`
      : `is evidence about ${opened.subject}`;
  return { joined: opened.joined, ending: { outcome: opened.state, reason } };
}

/** Nobody claimed it: judged by itself, unless somebody does at this moment. */
async function openUntagged(key: GenerationKey, steps: PersistentSteps): Promise<Opened | undefined> {
  const opened = await steps.run('open', () => pipeline.openGeneration(key, workflowInfo().runId, false));
  if (opened.state === 'closed') return undefined;
  if (opened.state === 'child' && patched('claimed-at-last')) return elsewhere(opened);
  return { joined: opened.joined, ending: undefined };
}

/**
 * Attests; where provenance is lacking and the policy gives it time to come, again whenever something came, and once more when
 * that time is over. One generation waits once, however many rounds it takes.
 */
function createPatientAttest(
  key: GenerationKey,
  steps: PersistentSteps,
  listen: Listen,
  { carried, goOn }: Continuity,
): () => Promise<Attested> {
  const phase = createPhase(carried?.phase);
  let waitedUntil = carried?.waitedUntil;
  const attest = createDeferringAttest(key, { steps, phase, listen }, carried?.outage, (outage) => {
    const isOver = waitedUntil !== undefined && waitedUntil <= Date.now();
    return goOn({ outage, phase: phase.current, waitedUntil: isOver ? waitedUntil : undefined });
  });
  return async () => {
    let pause = listen();
    let attested = await attest();
    const seconds = attested.provenanceGraceSeconds;
    if (!attested.lacksProvenance || seconds <= 0 || waitedUntil !== undefined) return attested;
    await note(() => notes.reportPhase(key, 'awaiting-provenance', `waits up to ${seconds} s for provenance`));
    if (!patched('woken-by-provenance')) {
      await sleep(seconds * 1000);
      return attest();
    }
    phase.waitsFor('provenance');
    waitedUntil = Date.now() + seconds * 1000;
    for (let left = seconds * 1000; attested.lacksProvenance && left > 0; left = waitedUntil - Date.now()) {
      await pause(left);
      pause = listen();
      attested = await attest();
    }
    phase.runs();
    return attested;
  };
}

/** Attests as soon as signatures can be had: what they need may be away. Nothing is concluded meanwhile. */
function createDeferringAttest(
  key: GenerationKey,
  { steps, phase, listen }: { steps: PersistentSteps; phase: Phase; listen: Listen },
  outage: Outage | undefined,
  goOn: (outage: Outage) => Promise<never>,
): () => Promise<Attested> {
  const patience = createSigningPatience(outage);
  return async () => {
    for (;;) {
      if (mustContinueAsNew()) await goOn(patience.outage);
      const { isWoken } = listen();
      const attested = await steps.run('attest', () => trust.attest(key).catch(asDeferred));
      if (!('outcome' in attested)) {
        patience.reset();
        phase.runs();
        return attested;
      }
      const wait = patience.next(attested);
      if (wait === undefined) throw ApplicationFailure.nonRetryable(givenUp(attested), 'SIGNING_GIVEN_UP');
      phase.waitsFor('signing');
      await note(() => notes.reportPhase(key, 'awaiting-signing', attested.message));
      await steps.pause('attest', attested.message, wait, isWoken);
    }
  };
}

async function judgeOnce(
  key: GenerationKey,
  steps: PersistentSteps,
  attest: () => Promise<Attested>,
  opened: Opened,
): Promise<{ ending: Ending; seen: number }> {
  if (opened.ending !== undefined) return { ending: opened.ending, seen: opened.joined };
  try {
    const inspected = await steps.run('inspect', () => inspection.inspect(key));
    const { verdicts } = await attest();
    const first = verdicts[0];
    const said =
      first === undefined
        ? 'no environment to judge for'
        : `${first.environment}: ${first.outcome}${first.reason === '' ? '' : ` (${first.reason})`}`;
    return {
      ending: {
        outcome: 'judged',
        reason: `${counted(inspected)}; ${said}`,
      },
      seen: opened.joined,
    };
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    // Permanent: hostile or broken content. Recorded as unknown, never as clean.
    return { ending: { outcome: 'unknown', reason: reasonOf(error) }, seen: opened.joined };
  }
}

/** What was counted, never as though it were all of it where it may not be. */
function counted({ components, findings, complete }: Inspection): string {
  const counts = `${plural(components, 'component')}, ${plural(findings, 'finding')}`;
  return complete ? counts : `not everything could be read: ${counts} in what could be`;
}
