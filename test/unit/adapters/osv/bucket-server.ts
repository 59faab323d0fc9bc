/** OSV's bucket on a loopback address: documents with validators, and answers that lie where a test says so. */
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeZip } from './make-zip.ts';

interface BucketRecord {
  readonly id: string;
  /** RFC 3339. */
  readonly modified: string;
  readonly [more: string]: unknown;
}

export interface Bucket {
  readonly url: string;
  /** `GET /npm/all.zip`, and the status it got, in order. */
  readonly asked: string[];
  /** What an ecosystem holds from now on: its zip, its list, and a document a record. */
  publish(ecosystem: string, records: readonly BucketRecord[]): void;
  put(path: string, content: string | Uint8Array | undefined): void;
  /** Answers of one path from now on. */
  lie(path: string, answer: (response: ServerResponse, content: Buffer) => void): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const md5 = (content: Buffer) => createHash('md5').update(content).digest('base64');

export async function startBucket(): Promise<Bucket> {
  const documents = new Map<string, Buffer>();
  const lies = new Map<string, (response: ServerResponse, content: Buffer) => void>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    response.on('close', () => asked.push(`${path} ${response.statusCode}`));
    const content = documents.get(path);
    const lie = lies.get(path);
    if (lie !== undefined) return lie(response, content ?? Buffer.alloc(0));
    if (content === undefined) return response.writeHead(404).end('nothing here');
    const etag = `"${md5(content)}"`;
    response.setHeader('etag', etag);
    response.setHeader('x-goog-hash', `crc32c=AAAAAA==,md5=${md5(content)}`);
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
    return response.writeHead(200).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const put = (path: string, content: string | Uint8Array | undefined) => {
    if (content === undefined) documents.delete(path);
    else documents.set(path, Buffer.from(content));
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    publish(ecosystem, records) {
      const json = (record: BucketRecord) => Buffer.from(JSON.stringify(record));
      put(
        `/${ecosystem}/all.zip`,
        makeZip(records.map((record) => ({ name: `${record.id}.json`, bytes: json(record) }))),
      );
      for (const record of records) put(`/${ecosystem}/${record.id}.json`, json(record));
      const newestFirst = records.toSorted((a, b) => (a.modified < b.modified ? 1 : -1));
      put(`/${ecosystem}/modified_id.csv`, newestFirst.map(({ id, modified }) => `${modified},${id}\n`).join(''));
    },
    put,
    lie: (path, answer) => void lies.set(path, answer),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
