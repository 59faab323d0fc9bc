/** Workflows that run today were started by an earlier release: their histories must still fit the code. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from '@temporalio/worker';
import { beforeAll, expect, it } from 'vitest';
import { historyFromJson } from '../../adapters/temporal/history-json.ts';
import { workflowBundle } from '../workflow/bundle-setup.ts';
import { quietTemporal } from '../workflow/quiet-temporal.ts';
import { scenarios } from './scenarios.ts';

interface RecordedEvent {
  eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

const folder = path.join(import.meta.dirname, 'histories');
const files = readdirSync(folder);

beforeAll(quietTemporal);

const read = (file: string) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { events: RecordedEvent[] };
const replay = (history: object) =>
  Worker.runReplayHistory({ workflowBundle: workflowBundle() }, historyFromJson(history));

it.each(files)('%s', async (file) => {
  await replay(read(file));
});

it('has a history of every scenario', () => {
  expect(files).toEqual(expect.arrayContaining(Object.keys(scenarios).map((name) => `${name}.json`)));
});

it.each(files)('%s would not fit if the workflow called something else', async (file) => {
  const history = read(file);
  const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes !== undefined);
  if (scheduled?.activityTaskScheduledEventAttributes === undefined) throw new Error(`${file} calls no activity`);
  scheduled.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse';
  await expect(replay(history)).rejects.toThrow(/[Nn]ondeterminism/);
});

// Histories are public: they name no machine and no folder of whoever recorded them.
it.each(files)('%s names nobody', (file) => {
  const text = readFileSync(path.join(folder, file), 'utf8');
  const identities = [...text.matchAll(/"identity": ?"([^"]*)"/g)].map(([, identity]) => identity);
  expect(identities.filter((identity) => identity !== 'stage')).toEqual([]);
  expect(text).not.toMatch(/stackTrace": ?"[^"]/);
});
