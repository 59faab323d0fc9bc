/** Reads one row by the command, and says what is wrong with what came of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HostileRow } from './hostile-layers.ts';
import { type CommandEnd, runCommand } from './run-command.ts';
import { serveImage } from './serve-image.ts';

/** The bound of resident memory. */
export const MOST_MIB = 512;

interface Said {
  readonly components: readonly { readonly name: string }[];
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  readonly notes?: readonly { readonly path: string; readonly reason: string }[];
  readonly complete: boolean;
}

export interface Judgement {
  /** Empty where all is as it should be. */
  readonly faults: string[];
  /** MiB. */
  readonly peak: number;
  /** Seconds of processor time. */
  readonly cpu: number;
}

/** `folder` is an empty one. */
export async function judgeRow(row: HostileRow, folder: string): Promise<Judgement> {
  const { code, err, peak, cpu } = await take(row, folder);
  const faults: string[] = [];
  const isTrue = (fact: boolean, otherwise: string): void => {
    if (!fact) faults.push(otherwise);
  };
  isTrue(peak < MOST_MIB, `${peak} MiB of memory`);
  const { unknown } = row;
  isTrue(code === (unknown === undefined ? 0 : 3), `exit code ${code}: ${err.slice(0, 500)}`);
  if (faults.length > 0) return { faults, peak, cpu };
  const said = JSON.parse(readFileSync(path.join(folder, 'said.json'), 'utf8')) as Said;
  const places = row.isNoted === true ? (said.notes ?? []) : said.unreadable;
  const reasons = places.map((one) => `${one.path}: ${one.reason}`);
  isTrue(said.complete === (unknown === undefined || row.isNoted === true), `complete: ${said.complete}`);
  const isTold = unknown === undefined ? reasons.length === 0 : reasons.some((reason) => unknown.test(reason));
  isTrue(isTold, `told: ${reasons.slice(0, 5).join('; ')}`);
  isTrue(err.includes(places[0]?.reason ?? ''), 'nothing of it on stderr');
  const isFound = said.components.some(({ name }) => name === 'left');
  isTrue(isFound === (row.findsNothing === undefined), `the good file's package is found: ${isFound}`);
  return { faults, peak, cpu };
}

async function take({ layer, onDisk }: HostileRow, folder: string): Promise<CommandEnd> {
  const outputs = ['--strict', '-o', 'json=said.json', '-o', 'cyclonedx-json=document.json'];
  if (onDisk === true) {
    writeFileSync(path.join(folder, 'root.tar'), Buffer.concat(await Array.fromAsync(layer.bytes())));
    return runCommand(['sbom', 'root.tar', ...outputs], folder);
  }
  await using image = await serveImage(layer);
  return await runCommand(['sbom', image.reference, ...outputs], folder);
}
