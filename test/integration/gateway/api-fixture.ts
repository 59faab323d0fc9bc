/** The API as people of each role call it, and artifacts for them to ask about. */
import { randomBytes } from 'node:crypto';
import type { Role } from '../../../domain/identity/role.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

type Answer = Awaited<ReturnType<GatewayFixture['app']['inject']>>;

export interface ApiFixture {
  readonly gateway: GatewayFixture;
  readonly tokens: Readonly<Record<Role, string>>;
  /** As a viewer, where no role is named. */
  get(path: string, role?: Role): Promise<Answer>;
  send(method: 'POST' | 'DELETE', path: string, role: Role, body?: object): Promise<Answer>;
  post(path: string, role: Role, body?: object): Promise<Answer>;
  /** One that was pushed and not judged yet; its digest. */
  insertArtifact(repository: string, digest?: string, tag?: string): Promise<string>;
}

export const newDigest = (): string => `sha256:${randomBytes(32).toString('hex')}`;

export async function startApi(): Promise<ApiFixture> {
  const gateway = await startGateway();
  const tokens = {} as Record<Role, string>;
  for (const role of ['viewer', 'approver', 'responder', 'operator', 'admin'] as const)
    tokens[role] = await gateway.token(role, { groups: ['security'] });

  const send: ApiFixture['send'] = (method, path, role, body) =>
    gateway.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: {
        authorization: `Bearer ${tokens[role]}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });

  return {
    gateway,
    tokens,
    get: (path, role = 'viewer') =>
      gateway.app.inject({ url: `/api/v1${path}`, headers: { authorization: `Bearer ${tokens[role]}` } }),
    send,
    post: (path, role, body) => send('POST', path, role, body),
    async insertArtifact(repository, digest = newDigest(), tag) {
      await insertArtifact(gateway, repository, digest);
      if (tag !== undefined)
        await gateway.db
          .insertInto('tag')
          .values({ repository, tag, digest, event_id: 'e' })
          .onConflict((conflict) => conflict.columns(['repository', 'tag']).doUpdateSet({ digest }))
          .execute();
      return digest;
    },
  };
}

async function insertArtifact({ db }: GatewayFixture, repository: string, digest: string): Promise<void> {
  await db
    .insertInto('artifact')
    .values({ repository, digest, media_type: null, size: null, kind: 'image', outcome: null, generation: 1 })
    .execute();
  await db
    .insertInto('generation')
    .values({ repository, digest, generation: 1, cause: 'push', run_id: null, trace: null, outcome: null })
    .execute();
}
