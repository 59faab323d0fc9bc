/** Artifacts: what there is, where it is, what happened to it. */
import { artifact, artifactAnswer, failingPromotion, ofArtifact, quarantinedAnswer } from '../recorded-answers.ts';
import { timeline } from '../recorded-timeline.ts';
import { failure, page, type TranscriptCase } from './case.ts';

const manyTags = { ...artifact, tags: Array.from({ length: 300 }, (_, index) => `1.0.${index}`) };

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
  ['artifact-list-many-tags', 'artifact list', { 'GET /artifacts': page(manyTags, artifact) }],
  [
    'artifact-list-many-tags-full',
    'artifact list --full',
    { 'GET /artifacts': page({ ...manyTags, tags: manyTags.tags.slice(0, 5) }) },
  ],
  ['artifact-list-empty', 'artifact list --repository shop/none', { 'GET /artifacts': page() }],
  ['artifact-get', 'artifact get shop/web:1.0', { 'GET /artifact': { body: artifactAnswer } }],
  [
    'artifact-get-many-tags',
    'artifact get shop/web:1.0',
    { 'GET /artifact': { body: { ...artifactAnswer, artifact: manyTags } } },
  ],
  ['artifact-get-quarantined', 'artifact get shop/web:1.0', { 'GET /artifact': { body: quarantinedAnswer } }],
  [
    'artifact-get-step-fails',
    'artifact get shop/web:1.0',
    { 'GET /artifact': { body: { ...artifactAnswer, promotions: [ofArtifact(failingPromotion)] } } },
  ],
  [
    'artifact-get-untagged',
    'artifact get shop/web',
    {
      'GET /artifact': failure(
        404,
        'NOT_FOUND',
        'nothing in shop/web is tagged latest: name a tag or a digest',
        'what it has: GET /api/v1/artifacts?repository=shop/web',
      ),
    },
  ],
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
  [
    'artifact-findings',
    'artifact findings shop/web:1.0',
    {
      'GET /artifact/findings': page(
        {
          ...{
            platform: 'linux/amd64',
            advisory: 'GHSA-hrpp-h998-j3pp',
            aliases: ['CVE-2022-24999'],
            severity: 'high',
          },
          ...{ summary: 'qs vulnerable to Prototype Pollution', score: 7.5, purl: 'pkg:npm/qs@6.7.0', name: 'qs' },
          ...{ version: '6.7.0', fixedIn: '6.7.3', locations: [{ path: '/app/package-lock.json' }] },
          path: ['pkg:npm/express@4.17.1', 'pkg:npm/body-parser@1.19.0', 'pkg:npm/qs@6.7.0'],
          reach: {
            ...{ kind: 'held', version: '6.7.3', direct: ['pkg:npm/express@4.17.1'] },
            heldBy: [{ by: 'pkg:npm/body-parser@1.19.0', range: '6.7.0' }],
          },
          epss: { score: 0.021, percentile: 0.89 },
        },
        {
          ...{ platform: 'linux/arm64', advisory: 'CVE-2024-0001', aliases: [], severity: 'low', summary: '' },
          ...{ purl: 'pkg:deb/debian/libx@1.0', name: 'libx', version: '1.0', locations: [] },
          ignored: { reason: 'not loaded', expires: '2026-12-31T00:00:00Z' },
          decision: { id: 'd-1', by: 'mia', owner: 'shop', until: '2026-12-31T00:00:00Z' },
        },
      ),
    },
  ],
  ['artifact-findings-none', 'artifact findings shop/web:1.0', { 'GET /artifact/findings': page() }],
  ['artifact-timeline', 'artifact timeline shop/web:1.0', { 'GET /timeline': page(...timeline) }],
  ['artifact-graph', 'artifact graph shop/web:1.0', { 'GET /artifact': { body: artifactAnswer } }],
];
