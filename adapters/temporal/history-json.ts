/**
 * Histories as JSON and back, by protobufjs' own mapping. Temporal's `historyToJSON` needs one protobufjs for all of its
 * packages; npm installs two, and it throws.
 */
import { createRequire } from 'node:module';
import type { History } from '@temporalio/common/lib/proto-utils.js';

interface HistoryType {
  fromObject(json: object): History;
  toObject(history: History, options: { enums: typeof String; longs: typeof String; bytes: typeof String }): object;
}

// Not a dependency of ours: the one that Temporal's client uses.
const requireFromClient = createRequire(createRequire(import.meta.url).resolve('@temporalio/client'));
const type = (
  requireFromClient('@temporalio/proto') as { temporal: { api: { history: { v1: { History: HistoryType } } } } }
).temporal.api.history.v1.History;

/** `indent`: for people; without it, as short as it gets. */
export function historyToJson(history: History, indent = 0): string {
  const json = type.toObject(history, { enums: String, longs: String, bytes: String });
  return `${JSON.stringify(json, null, indent)}\n`;
}

/** Throws where the JSON is no history. */
export function historyFromJson(json: object): History {
  return type.fromObject(json);
}
