/** What people have decided about findings: VEX documents and ignore files, read for a scan. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Finding, isSuppressed } from '../../domain/advisory/finding.ts';
import type { IgnoreRule } from '../../domain/advisory/ignore-list.ts';
import type { VexDocument, VexSubject } from '../../domain/advisory/vex/apply-vex.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/** Bytes of one document. */
const MAXIMUM = 64 * 1024 * 1024;

export interface DecisionOptions {
  readonly ignoreFile?: readonly string[];
  readonly vex?: readonly string[];
}

/** Puts what was decided onto the findings of one artifact. */
export type Decide = (findings: readonly Finding[], subject: VexSubject) => readonly Finding[];

export interface Decisions {
  readonly decide: Decide;
  /** For people: entries of ignore files that covered none of the findings so far. */
  readonly unused: () => readonly string[];
}

/** Throws a CliError where it can not be read, or is too large. */
export async function readDocument(file: string, io: CliIo): Promise<Uint8Array> {
  const bytes = await readFile(path.resolve(io.cwd, file)).catch((cause: unknown) => {
    const why =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'no such file' : 'can not be read';
    throw new CliError(exitCodes.usage, 'DOCUMENT_UNREADABLE', `${file}: ${why}`, { cause });
  });
  if (bytes.length > MAXIMUM)
    throw new CliError(exitCodes.usage, 'DOCUMENT_TOO_LARGE', `${file}: at most ${MAXIMUM} bytes are read`);
  return bytes;
}

async function readIgnoreFile(file: string, io: CliIo): Promise<readonly IgnoreRule[]> {
  const [{ decodeYaml }, { parseIgnoreList }] = await Promise.all([
    import('../../domain/catalog/decode-yaml.ts'),
    import('../../domain/advisory/ignore-list.ts'),
  ]);
  const fail = (reason: string, cause?: unknown) =>
    new CliError(exitCodes.usage, 'IGNORE_FILE_INVALID', `${file}: ${reason}`, {
      cause,
      hint: 'ignore: [{id: CVE-2024-1, reason: not reachable, expires: 2026-12-31}]; component: <purl> narrows it',
    });
  let documents: readonly unknown[];
  try {
    documents = decodeYaml(await readDocument(file, io));
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw fail('not a YAML document', cause);
  }
  const parsed = parseIgnoreList(documents[0]);
  if (parsed.kind === 'rejected') throw fail(parsed.reason);
  return parsed.rules;
}

async function readVexFile(file: string, io: CliIo): Promise<VexDocument> {
  const [{ readVex }, { VexError }] = await Promise.all([
    import('../../domain/advisory/vex/read-vex.ts'),
    import('../../domain/advisory/vex/vex-error.ts'),
  ]);
  try {
    return { source: file, statements: readVex(new TextDecoder().decode(await readDocument(file, io))) };
  } catch (cause) {
    if (!(cause instanceof VexError)) throw cause;
    throw new CliError(exitCodes.usage, cause.code, `${file}: ${cause.message}`, {
      cause,
      hint: 'OpenVEX, CSAF 2.0 and CycloneDX documents are read, as JSON',
    });
  }
}

/** Reads all documents first: what can not be read is an error, not a decision that is missing. Throws a CliError. */
export async function readDecisions({ ignoreFile = [], vex = [] }: DecisionOptions, io: CliIo): Promise<Decisions> {
  if (ignoreFile.length === 0 && vex.length === 0) return { decide: (findings) => findings, unused: () => [] };
  const { applyIgnores, isExpired, rulesWithout } = await import('../../domain/advisory/ignore-list.ts');
  const { applyVex } = await import('../../domain/advisory/vex/apply-vex.ts');
  const rules = (await Promise.all(ignoreFile.map((file) => readIgnoreFile(file, io)))).flat();
  const documents = await Promise.all(vex.map((file) => readVexFile(file, io)));
  const today = (io.now?.() ?? new Date()).toISOString().slice(0, 10);
  for (const rule of rules)
    if (isExpired(rule, today)) io.err.write(`ignored no longer, since ${rule.expires}: ${rule.id} (${rule.reason})\n`);
  const inForce = rules.filter((rule) => !isExpired(rule, today));
  const seen: Finding[] = [];
  return {
    decide(findings, subject) {
      seen.push(...findings);
      return applyVex(applyIgnores(findings, inForce, today), documents, subject);
    },
    unused: () =>
      rulesWithout(inForce, seen).map(({ id, component }) => (component === undefined ? id : `${id} in ${component}`)),
  };
}

/** For people: why a finding does not count; undefined where it does. */
export function describeSuppression(finding: Finding): string | undefined {
  if (!isSuppressed(finding)) return undefined;
  const { vex, ignored } = finding;
  if (ignored !== undefined) return `ignored until ${ignored.expires}: ${ignored.reason}`;
  const words = [vex?.justification, vex?.statement].filter((word) => word !== undefined).join(': ');
  return `${vex?.status} by ${vex?.author ?? vex?.source}${words === '' ? '' : `, ${words}`}`;
}
