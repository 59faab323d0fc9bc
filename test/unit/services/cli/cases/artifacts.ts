/** Artifacts: what there is, where it is, what happened to it. */
import { artifact, artifactAnswer, quarantinedAnswer } from '../recorded-answers.ts';
import { timeline } from '../recorded-timeline.ts';
import { failure, page, type TranscriptCase } from './case.ts';

export const artifactCases: readonly TranscriptCase[] = [
  [
    'artifact-list',
    'artifact list',
    {
      'GET /artifacts': page(artifact, {
        ...artifact,
        repository: 'shop/api',
        fenced: true,
        tags: [],
        environments: [],
      }),
    },
  ],
  ['artifact-list-full', 'artifact list --full --environment dev', { 'GET /artifacts': page(artifact) }],
  ['artifact-list-empty', 'artifact list --repository shop/none', { 'GET /artifacts': page() }],
  ['artifact-get', 'artifact get shop/web:1.0', { 'GET /artifact': { body: artifactAnswer } }],
  ['artifact-get-quarantined', 'artifact get shop/web:1.0', { 'GET /artifact': { body: quarantinedAnswer } }],
  [
    'artifact-get-unknown',
    'artifact get shop/web:9',
    {
      'GET /artifact': failure(
        404,
        'NOT_FOUND',
        'no artifact shop/web:9 was seen',
        'list what there is: GET /api/v1/artifacts',
      ),
    },
  ],
  ['artifact-timeline', 'artifact timeline shop/web:1.0', { 'GET /timeline': page(...timeline) }],
  ['artifact-graph', 'artifact graph shop/web:1.0', { 'GET /artifact': { body: artifactAnswer } }],
];
