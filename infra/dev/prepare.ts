import { access, copyFile, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { readFeedFiles } from '../../adapters/osv/read-feed.ts';
import { createPostgresAdvisories } from '../../adapters/postgres/advisory-database.ts';
import { createAdvisoryImports } from '../../adapters/postgres/advisory-imports.ts';
import { connectDatabase, type Database, migrateDatabase } from '../../adapters/postgres/database.ts';
import { prepareNames } from '../../adapters/postgres/name-advisories.ts';
import { createPolicyStore, START_UP } from '../../adapters/postgres/policy-store.ts';
import { openNewGenerations } from '../../adapters/postgres/regenerate.ts';
import { createTokenStore } from '../../adapters/postgres/token-store.ts';
import { ensureKey } from '../../adapters/sigstore/local-key-ring.ts';
import { connectTemporal } from '../../adapters/temporal/connect.ts';
import { ensureSchedules } from '../../adapters/temporal/schedules.ts';
import { ensureSearchAttributes } from '../../adapters/temporal/search-attributes.ts';
import type { Role } from '../../domain/identity/role.ts';
import { migrations } from '../migrations/list.ts';
import { ensureTopics } from './kafka-topics.ts';
import type { Log } from './part.ts';
import { readSecret } from './secrets.ts';
import type { StackHome } from './stack-home.ts';
import type { Connection } from './stack-record.ts';

/** What a preparation step is given: running servers, and the folder for what it writes. */
export interface PrepareContext {
  readonly home: StackHome;
  readonly connection: Connection;
  readonly log: Log;
}

/** One step between the servers' start and the services'. Runs at every `up`: doing it again must change nothing. */
export interface PrepareStep {
  readonly name: string;
  readonly run: (context: PrepareContext) => Promise<void>;
}

const FIRST_POLICY = fileURLToPath(new URL('../policies/audit.yaml', import.meta.url));
const ADVISORY_SEED = fileURLToPath(new URL('../advisories', import.meta.url));

/** Side by side, each list in its order: what waits for one server leaves the processor to what asks another. */
export const prepareLanes: readonly (readonly PrepareStep[])[] = [
  [
    { name: 'database schema', run: (context) => withDatabase(context, (db) => prepareSchema(db, context.log)) },
    { name: 'policy', run: (context) => withDatabase(context, (db) => preparePolicy(db, context)) },
    { name: 'advisories', run: (context) => withDatabase(context, (db) => prepareAdvisories(db, context.log)) },
    { name: 'first administrator', run: (context) => withDatabase(context, (db) => prepareAdministrator(db, context)) },
    { name: 'a token for pushing', run: (context) => withDatabase(context, (db) => preparePushToken(db, context)) },
  ],
  [{ name: 'Kafka topics', run: ({ connection, log }) => ensureTopics(connection.kafkaBrokers, log) }],
  [{ name: 'Temporal search attributes and schedules', run: prepareTemporal }],
  [{ name: "the builder's key", run: prepareBuilder }],
];

async function withDatabase(context: PrepareContext, act: (db: Database) => Promise<void>): Promise<void> {
  const db = connectDatabase({
    url: context.connection.databaseUrl,
    connections: 2,
    applicationName: 'pratique-prepare',
  });
  try {
    await act(db);
  } finally {
    await db.destroy();
  }
}

async function prepareSchema(db: Database, log: Log): Promise<void> {
  const applied = await migrateDatabase(db, migrations);
  if (applied.length > 0) log(`applied ${applied.join(', ')}`);
  if (await prepareNames(db)) log('normalised the names of advisories anew');
}

async function prepareTemporal({ connection, log }: PrepareContext): Promise<void> {
  const { client, close } = connectTemporal({
    address: connection.temporalAddress,
    namespace: connection.temporalNamespace,
  });
  try {
    const attributes = await ensureSearchAttributes(client, connection.temporalNamespace);
    const schedules = await ensureSchedules(client);
    if (attributes.length + schedules.length > 0) log(`made ${[...attributes, ...schedules].join(', ')}`);
  } finally {
    await close();
  }
}

/** The first policy reports and stops nothing; the file is the user's from then on, and activated when its version is higher. */
async function preparePolicy(db: Database, { home, log }: PrepareContext): Promise<void> {
  if (!(await isThere(home.policyFile))) await copyFile(FIRST_POLICY, home.policyFile);
  const signature = `${home.policyFile}.sig`;
  const activation = await createPolicyStore(db).activateFile(
    await readFile(home.policyFile, 'utf8'),
    'policy.yaml',
    START_UP,
    (await isThere(signature)) ? await readFile(signature, 'utf8') : undefined,
  );
  switch (activation.outcome) {
    case 'activated':
      log(`policy version ${activation.version} is in force (${home.policyFile})`);
      // A gateway that starts finds what it was not applied to; one that runs on does not look.
      await openNewGenerations(db, 'policy', 'missed');
      return;
    case 'unsigned':
    case 'refused':
      log(`the policy in force stays: ${activation.reason}`);
      return;
    case 'proposed':
      log(
        `policy version ${activation.version} is proposed: pratique policy approve ${activation.proposal} --reason TEXT`,
      );
      return;
    case 'unchanged':
      return;
  }
}

/** A database without advisories gets the seed, so that the first scan says something. */
async function prepareAdvisories(db: Database, log: Log): Promise<void> {
  if ((await createPostgresAdvisories(db).state()).records > 0) return;
  const advisories = createAdvisoryImports(db);
  const records: unknown[] = [];
  for await (const item of readFeedFiles(ADVISORY_SEED, AbortSignal.timeout(60_000)))
    if (item.kind === 'record') records.push(item.record);
  const epoch = await advisories.begin('the seed', 'up');
  const { rejected } = await advisories.stage(epoch, records);
  await advisories.activate(epoch, { count: rejected.length, first: [] }, { isShipped: true });
  log(
    `${records.length} advisories of the seed, which make no scan fresh: pratique advisories sync --from DIR|ZIP|URL brings in a feed`,
  );
}

/** A key of its own, in a folder of its own; and nobody whose commits it builds, until the user says whose. */
async function prepareBuilder({ home, log }: PrepareContext): Promise<void> {
  await ensureKey(home.builderKeysDir, 'builder', await readSecret(home.builderPassphraseFile));
  if (!(await isThere(home.allowedSignersFile))) {
    await writeFile(
      home.allowedSignersFile,
      '# Whose commits the builder builds: one line each, "<principal> namespaces="git" <key>"\n',
      { mode: 0o644 },
    );
    log(`the builder builds nothing until ${home.allowedSignersFile} names whose commits it may`);
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function prepareAdministrator(db: Database, { home, log }: PrepareContext): Promise<void> {
  const made = await ensureToken(db, home.adminTokenFile, {
    name: 'first administrator',
    role: 'admin',
    repositories: [],
  });
  if (made) log(`the administrator's token is in ${home.adminTokenFile}`);
}

/** Looks at everything, decides about nothing, and pushes to whatever the policy takes in. */
async function preparePushToken(db: Database, { home, log }: PrepareContext): Promise<void> {
  const made = await ensureToken(db, home.pushTokenFile, {
    name: 'push to intake',
    role: 'viewer',
    repositories: ['**'],
  });
  if (made) log(`a token for pushing with docker, crane or oras is in ${home.pushTokenFile}`);
}

/** `admin` where the system has no name for the user, as in a container with a uid of its own. */
function userName(): string {
  try {
    return userInfo().username || 'admin';
  } catch {
    return 'admin';
  }
}

/** False where the file is there and a token of the name and role is still good. */
async function ensureToken(
  db: Database,
  file: string,
  { name, role, repositories }: { readonly name: string; readonly role: Role; readonly repositories: string[] },
): Promise<boolean> {
  const tokens = createTokenStore(db);
  const isGood = (token: { name: string; role: Role; revokedAt: string | null }) =>
    token.role === role && (role === 'admin' || token.name === name) && token.revokedAt === null;
  if ((await isThere(file)) && (await tokens.list()).some(isGood)) return false;
  const { token } = await tokens.create({
    subject: userName(),
    name,
    role,
    groups: [],
    speaksFor: { repositories, builders: [] },
    expiresAt: undefined,
    createdBy: 'up',
  });
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return true;
}
