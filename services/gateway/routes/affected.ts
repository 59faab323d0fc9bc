import { z } from 'zod';
import { decideAffected } from '../../../adapters/postgres/affected-decisions.ts';
import { type Affected, findAffected } from '../../../adapters/postgres/find-affected.ts';
import { AFFECTED_POSITION, isAffectedPosition, readAffected } from '../../../adapters/postgres/read-affected.ts';
import { severities } from '../../../domain/advisory/finding.ts';
import type { AffectedSummary } from '../../../domain/affected/affected-report.ts';
import { parseQuestion } from '../../../domain/affected/question.ts';
import { ownerOf } from '../../../domain/policy/environments.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { requireKnownEnvironment } from '../require-environment.ts';
import { stateSchema } from './decision-schemas.ts';

const COMPONENTS_SHOWN = 200;
const UNDECIDED_SHOWN = 50;
/** Questions of one request. */
const MOST_QUESTIONS = 500;

const severitySchema = z.enum([...severities, 'unknown']);
const componentSchema = z.object({
  purl: z.string(),
  fixedIn: z.string().nullable().describe('The lowest fixed version above it, where an advisory names one'),
  advisories: z.array(z.string()),
  severity: severitySchema.nullable(),
});
const artifactSchema = z.object({
  repository: z.string(),
  digest: z.string(),
  tags: z.array(z.string()),
  platforms: z.array(z.string()),
  owner: z.string().nullable().describe('The team the policy names for the repository'),
  since: z.string().describe('When it was pushed first'),
  environments: z.array(z.object({ environment: z.string(), destination: z.string(), since: z.string() })),
  fenced: z.boolean(),
  components: z.array(
    componentSchema.extend({
      ...{ layer: z.string().nullable(), path: z.string(), places: z.number() },
      attestedBy: z
        .string()
        .nullable()
        .optional()
        .describe('Whose SBOM says so; null where it was found in the layers'),
      decisions: z
        .array(
          z.object({
            ...{ id: z.string(), state: stateSchema, until: z.string().nullable() },
            environment: z.string().nullable().describe('Null where the artifact runs nowhere'),
          }),
        )
        .optional()
        .describe('What was decided about it, and holds'),
    }),
  ),
  fixedBy: z
    .object({ digest: z.string(), tags: z.array(z.string()), since: z.string(), environments: z.array(z.string()) })
    .nullable()
    .describe('The newest artifact of the same repository, pushed later, that has none of it any more'),
});
const affectedSchema = pageSchema(artifactSchema).extend({
  advisories: z.array(
    z.object({
      id: z.string(),
      aliases: z.array(z.string()),
      summary: z.string(),
      severity: severitySchema,
      withdrawn: z.boolean(),
    }),
  ),
  components: z.array(componentSchema).describe(`Worst first; the first ${COMPONENTS_SHOWN}`),
  componentCount: z.number(),
  undecided: z.array(z.object({ purl: z.string(), reason: z.string() })),
  unseen: z
    .array(z.object({ purl: z.string(), nearest: z.string().nullable().describe('What is called nearly so') }))
    .describe('Packages that were asked about and that nothing ever had'),
  artifacts: z.object({ count: z.number(), atLeast: z.boolean() }).optional().describe('On the first page'),
});

const question = z.string().min(1).max(2200);
const options = {
  environment: z.string().max(63).optional().describe('Only what this environment has now'),
  ...pageQuery,
};
const about =
  'An advisory by any of its names, a package URL with or without a version or range, a signer, a builder or a digest';

/** "Are we affected?": artifacts, where they run, who owns them, since when, and what fixes it. */
export function registerAffectedRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/affected',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Who has it: what runs first, then what was pushed last',
        querystring: z.object({ query: question.describe(about), ...options }),
        response: { 200: affectedSchema },
      },
    },
    ({ query }) => answer(deps, [query.query], query),
  );
  api.post(
    '/affected',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'The same for many questions at once',
        body: z.strictObject({ queries: z.array(question).min(1).max(MOST_QUESTIONS).describe(about), ...options }),
        response: { 200: affectedSchema },
      },
    },
    ({ body }) => answer(deps, body.queries, body),
  );
}

async function answer(
  deps: GatewayDependencies,
  queries: readonly string[],
  options: { limit: number; cursor?: string | undefined; environment?: string | undefined },
) {
  const { db, ports } = deps;
  await requireKnownEnvironment(deps, options.environment);
  const affected = await findAffected(db, queries.map(parseQuestion), () => ports.policies.current());
  const request = readPageQuery(options, AFFECTED_POSITION);
  if (request.after !== undefined && !isAffectedPosition(request.after))
    throw new ApiError(400, 'INVALID_REQUEST', 'the cursor is not one this list gave', { place: 'cursor' });
  const { artifacts, ...page } = await readAffected(db, affected, { environment: options.environment }, request);
  const policy = await ports.policies.current();
  const decided = await decideAffected(db, policy, affected.advisories, page.items);
  const items = decided.map((item) => ({ ...item, owner: ownerOf(policy, item.repository) ?? null }));
  return { ...toPage({ ...page, items }), ...summaryOf(affected), ...(artifacts === undefined ? {} : { artifacts }) };
}

function summaryOf({ advisories, components, undecided, unseen }: Affected): Omit<AffectedSummary, 'artifacts'> {
  const rank = (severity: string | null) => severities.indexOf(severity as (typeof severities)[number]);
  const sorted = [...components.values()].sort(
    (a, b) => rank(b.severity) - rank(a.severity) || (a.purl < b.purl ? -1 : 1),
  );
  return {
    advisories,
    components: sorted.slice(0, COMPONENTS_SHOWN),
    componentCount: sorted.length,
    undecided: undecided.slice(0, UNDECIDED_SHOWN),
    unseen,
  };
}
