/** Reads one row by a verb that reports on what is in it, and says what is wrong with what came of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HostileRow } from './hostile-layers.ts';
import { type Judgement, MOST_MIB } from './judge-row.ts';
import { type CommandEnd, runCommand } from './run-command.ts';
import { serveImage } from './serve-image.ts';

/** `scan` with all its reports; `diff` against an approved SBOM that has the good file's package. */
export type ReportVerb = 'scan' | 'diff';
export const reportVerbs: readonly ReportVerb[] = ['scan', 'diff'];

const approved = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  components: [{ type: 'library', name: 'left', version: '1.3.0', purl: 'pkg:npm/left@1.3.0' }],
};

/** `folder` is an empty one. */
export async function judgeReport(row: HostileRow, verb: ReportVerb, folder: string): Promise<Judgement> {
  const { code, err, peak, cpu } = await report(row, verb, folder);
  const faults: string[] = [];
  const isTrue = (fact: boolean, otherwise: string): void => {
    if (!fact) faults.push(otherwise);
  };
  isTrue(peak < MOST_MIB, `${peak} MiB of memory`);
  const isWhole = row.unknown === undefined || row.isNoted === true;
  isTrue(code === (isWhole ? 0 : 3), `exit code ${code}: ${err.slice(0, 500)}`);
  isTrue(isWhole || places(err).some((place) => row.unknown?.test(place)), `told: ${err.slice(0, 500)}`);
  if (faults.length > 0) return { faults, peak, cpu };
  isTrue(saysComplete(verb, folder) === isWhole, 'the report says otherwise whether all was read');
  return { faults, peak, cpu };
}

/** Each as `path: reason`. */
function places(err: string): string[] {
  return err.split('\n').flatMap((line) => (line.startsWith('  ') ? [line.trim()] : []));
}

function saysComplete(verb: ReportVerb, folder: string): boolean | undefined {
  const said = JSON.parse(readFileSync(path.join(folder, 'said.json'), 'utf8')) as {
    platforms?: { complete: boolean }[];
    after?: { complete: boolean };
  };
  return verb === 'scan' ? said.platforms?.[0]?.complete : said.after?.complete;
}

async function report({ layer, onDisk }: HostileRow, verb: ReportVerb, folder: string): Promise<CommandEnd> {
  writeFileSync(path.join(folder, 'approved.cdx.json'), JSON.stringify(approved));
  const run = (source: string): Promise<CommandEnd> =>
    verb === 'scan'
      ? runCommand(['scan', source, ...outputs('json=said.json', 'sarif=scan.sarif', 'junit=scan.xml')], folder)
      : runCommand(['diff', 'approved.cdx.json', source, ...outputs('json=said.json', 'markdown=diff.md')], folder);
  if (onDisk === true) {
    writeFileSync(path.join(folder, 'root.tar'), Buffer.concat(await Array.fromAsync(layer.bytes())));
    return run('root.tar');
  }
  await using image = await serveImage(layer);
  return await run(image.reference);
}

function outputs(...all: string[]): string[] {
  return all.flatMap((one) => ['-o', one]);
}
