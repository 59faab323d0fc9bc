/** Looks for strings in everything a run leaves behind, apart from where bodies belong: the blob store and the registry. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { decryptKey } from '../../adapters/sigstore/encrypted-key.ts';
import { connectTemporal } from '../../adapters/temporal/connect.ts';
import type { Pratique } from './stack.ts';

/** What is looked for, by a name that may be printed. */
export type Needles = ReadonlyMap<string, string>;

/** Where bodies belong. */
const bodies = new Set(['blob']);

/** The secrets of a home, as its files hold them: whole, and each line of a key by itself. */
export async function secretsOfHome(home: Pratique['stack']['home']): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of [home.secretsDir, home.keysDir, home.builderKeysDir])
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\.(pub|crt)$|registry-services\.json$/.test(entry.name)) continue;
      const file = path.join(entry.parentPath, entry.name);
      const name = path.relative(folder, file);
      const text = (await readFile(file, 'utf8')).trim();
      const lines = text.split('\n').filter((line) => line.length >= 32 && !line.startsWith('-----'));
      const secrets = entry.name === 'config.json' ? loginsOf(text) : lines.length > 0 ? lines : [text];
      for (const [at, line] of secrets.entries())
        if (line.length >= 8) found.set(`${name}${at === 0 ? '' : `, line ${at + 1}`}`, line);
    }
  found.set('admin.token', (await readFile(home.adminTokenFile, 'utf8')).trim());
  return found;
}

/** The private keys of a home, opened: in the forms in which one could get out. */
export async function keyMaterialOf(home: Pratique['stack']['home']): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [folder, passphraseFile] of [
    [home.keysDir, home.keyPassphraseFile],
    [home.builderKeysDir, home.builderPassphraseFile],
  ] as const) {
    const passphrase = (await readFile(passphraseFile, 'utf8')).trim();
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.key'))) {
      const key = await decryptKey(await readFile(path.join(folder, name), 'utf8'), passphrase, name);
      const scalar = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
      if (scalar.length < 32) throw new Error(`${name} has no private part`);
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const)
        found.set(`${name} opened, ${encoding}`, scalar.toString(encoding));
      const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString().split('\n');
      for (const [at, line] of pem.filter((one) => one.length === 64).entries())
        found.set(`${name} opened, PEM line ${at + 1}`, line);
    }
  }
  if (found.size === 0) throw new Error('there are no keys');
  return found;
}

/** Of Docker's configuration, each login as it stands there and its password as it is sent. */
function loginsOf(text: string): string[] {
  const { auths } = JSON.parse(text) as { auths: Record<string, { auth: string }> };
  return Object.values(auths).flatMap(({ auth }) => {
    const decoded = Buffer.from(auth, 'base64').toString('utf8');
    return [auth, decoded.slice(decoded.indexOf(':') + 1)];
  });
}

export function canary(): string {
  return `canary${randomBytes(9).toString('hex')}`;
}

/** `<place>: <needle>` of everything found. */
export async function findLeaks(pratique: Pratique, needles: Needles): Promise<string[]> {
  const found = new Set<string>();
  const look = (place: string, text: string) => {
    for (const [name, needle] of needles) if (text.includes(needle)) found.add(`${place}: ${name}`);
  };
  await lookInLogs(pratique, look);
  await lookInPostgres(pratique, look);
  await lookInKafka(pratique, look);
  await lookInTemporal(pratique, look);
  return [...found].sort();
}

type Look = (place: string, text: string) => void;

async function lookInLogs({ stack }: Pratique, look: Look): Promise<void> {
  const folder = path.dirname(stack.home.logFile('x'));
  const names = await readdir(folder);
  if (names.length < 8) throw new Error(`${folder} has ${names.length} logs only`);
  for (const name of names) look(`log ${name}`, await readFile(path.join(folder, name), 'utf8'));
}

async function lookInPostgres(pratique: Pratique, look: Look): Promise<void> {
  const tables = await pratique.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname = 'public' order by 1`,
  );
  if (tables.length < 30) throw new Error(`${tables.length} tables only`);
  for (const { name } of tables) {
    if (bodies.has(name)) continue;
    for (const { row } of await pratique.query<{ row: string }>(`select t::text as row from "${name}" t`)) {
      look(`table ${name}`, row);
      // Bytes are shown in hex.
      for (const [hex] of row.matchAll(/\\x[0-9a-f]{16,}/g))
        look(`table ${name}`, Buffer.from(hex.slice(2), 'hex').toString('latin1'));
    }
  }
}

async function lookInKafka({ record }: Pratique, look: Look): Promise<void> {
  const brokers = record.connection.kafkaBrokers.split(',');
  const kafka = new Kafka({ clientId: 'secrecy', brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
  let left = 0;
  for (const topic of topics)
    for (const { high, low } of await admin.fetchTopicOffsets(topic)) left += Number(high) - Number(low);
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: `secrecy-${randomBytes(4).toString('hex')}` });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${left} messages of ${topics.join(', ')} were not read`)), 60_000);
    consumer
      .run({
        eachMessage: async ({ topic, message }) => {
          const headers = Object.entries(message.headers ?? {}).map(([name, value]) => `${name}=${String(value)}`);
          look(`topic ${topic}`, [message.key, message.value, ...headers].map(String).join('\n'));
          left -= 1;
          if (left <= 0) {
            clearTimeout(late);
            resolve();
          }
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
}

async function lookInTemporal({ record }: Pratique, look: Look): Promise<void> {
  const { temporalAddress: address, temporalNamespace: namespace } = record.connection;
  const { client, close } = connectTemporal({ address, namespace });
  let histories = 0;
  for await (const { workflowId, runId, type, memo } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    look(`history ${type}`, `${workflowId}\n${JSON.stringify(memo)}\n${textOf(history)}`);
    histories += 1;
  }
  await close();
  if (histories < 10) throw new Error(`${histories} histories only`);
}

/** With payloads as the text they are. */
function textOf(history: unknown): string {
  return JSON.stringify(history, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
    const json = value as { type?: string; data?: number[] } | null;
    return json !== null && typeof json === 'object' && json.type === 'Buffer' && Array.isArray(json.data)
      ? Buffer.from(json.data).toString('utf8')
      : value;
  });
}
