import { Option } from 'commander';
import type { ArtifactSummary } from '../../../adapters/postgres/read-artifacts.ts';
import type { TimelineEntry } from '../../../adapters/postgres/read-timeline.ts';
import { artifactStates } from '../../../domain/artifact/state.ts';
import type { ArtifactAnswer, ArtifactFindingAnswer, RetryAnswer } from '../api-answers.ts';
import { defineArtifactGraph } from '../define-artifact-graph.ts';
import { exitCodes } from '../exit-codes.ts';
import { limitOption, listPages } from '../list-pages.ts';
import { renderArtifact } from '../render-artifact.ts';
import { renderArtifacts } from '../render-artifact-list.ts';
import { renderFindings } from '../render-findings.ts';
import { renderTimeline } from '../render-timeline.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

/** What commands about one artifact take. */
export const refArgument = [
  '<ref>',
  'repository:tag, repository@sha256:… or sha256:… (its first twelve digits are enough)',
] as const;

/** `pratique artifact`: which artifacts there are, what is known of one, what happened to it. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ repository?: string; environment?: string; phase?: string; limit: number }>(
      command.command('list'),
      context,
      {
        summary: 'List artifacts, last changed first',
        options: [
          new Option('--repository <name>', 'only this repository'),
          new Option('--environment <name>', 'only what this environment has now'),
          new Option('--phase <phase>', 'only what is in this state').choices(artifactStates),
          limitOption(50),
        ],
        permission: 'read',
        examples: ['artifact list', 'artifact list --environment prod', 'artifact list --repository shop/web --json'],
        async run({ api, show }, _, { repository, environment, phase, limit }) {
          const query = { repository, environment, phase };
          show(await listPages<ArtifactSummary>(api, '/artifacts', query, limit), renderArtifacts);
          return exitCodes.pass;
        },
      },
    );
    defineServerCommand(command.command('get'), context, {
      summary: 'Show where an artifact is, what each environment says of it and why, and what it waits for',
      arguments: [refArgument],
      permission: 'read',
      examples: ['artifact get shop/web:1.0', 'artifact get shop/web:1.0 --json | jq .verdicts'],
      async run({ api, show }, [ref]) {
        show(await api.get<ArtifactAnswer>('/artifact', { ref }), renderArtifact);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ limit: number }>(command.command('findings'), context, {
      summary: 'List what was found in an artifact, what brings it there, and who holds a fix back',
      arguments: [refArgument],
      options: [limitOption(1000)],
      permission: 'read',
      details: `Worst first, one platform after the other, decided about or not. BY WAY OF is the way from a dependency of the artifact's own to
the component; REACH says whether all that ask for it allow the fixed version. Lockfiles with the graph and its ranges tell both; of
what is installed, and of SBOMs of others, less is known.`,
      examples: ['artifact findings shop/web:1.0', 'artifact findings shop/web:1.0 --json | jq ".items[].reach"'],
      async run({ api, show }, [ref], { limit }) {
        show(await listPages<ArtifactFindingAnswer>(api, '/artifact/findings', { ref }, limit), renderFindings);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('retry'), context, {
      summary: 'Try the step now that failed and waits for its next try',
      arguments: [refArgument],
      permission: 'step.retry',
      examples: ['artifact retry shop/web:1.0', 'artifact retry sha256:… --json'],
      async run({ api, show }, [ref]) {
        show(await api.post<RetryAnswer>('/artifact/retry', { ref }), () => `${ref}: tried now\n`);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ limit: number }>(command.command('timeline'), context, {
      summary: 'Tell what happened to an artifact, a line an event: when, what, why, who',
      arguments: [refArgument],
      options: [limitOption(1000)],
      permission: 'read',
      examples: ['artifact timeline shop/web:1.0', 'artifact timeline sha256:… --json'],
      async run({ api, show }, [ref], { limit }) {
        show(await listPages<TimelineEntry>(api, '/timeline', { ref }, limit), renderTimeline);
        return exitCodes.pass;
      },
    });
    defineArtifactGraph(command.command('graph'), context);
  },
};
