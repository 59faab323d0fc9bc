import { afterAll, beforeAll, expect, it } from 'vitest';
import { generationRequested } from '../../workflows/artifact-pipeline/messages.ts';
import { UNTAGGED_PATIENCE_SECONDS } from '../../workflows/artifact-pipeline/options.ts';
import type { artifactPipeline } from '../../workflows/artifact-pipeline/workflow.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import { pipelineCast, pipelineKey } from './casts.ts';
import { openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
});
afterAll(() => stage.close());

it('looks again as soon as the tag is told of, before its patience ends', async () => {
  let isTagged = false;
  const { handle, calls, called } = await stage.perform<typeof artifactPipeline>('artifactPipeline', [pipelineKey], {
    ...pipelineCast,
    openGeneration: async () =>
      // An age below nothing: by itself the pipeline would wait for an hour.
      isTagged
        ? pipelineCast.openGeneration()
        : { state: 'untagged', joined: 1, ageSeconds: UNTAGGED_PATIENCE_SECONDS - 3600 },
  });
  await called('openGeneration');
  isTagged = true;
  await handle.signal(generationRequested, pipelineKey.generation);
  await handle.result();
  expect(calls).toEqual(['openGeneration', 'openGeneration', 'inspect', 'attest', 'concludeGeneration']);
});
