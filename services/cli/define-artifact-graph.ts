import { type Command, Option } from 'commander';
import { readEvidenceGraph } from '../../adapters/sigstore/read-evidence-graph.ts';
import { type Digest, isDigest } from '../../domain/artifact/digest.ts';
import { countNodes, type EvidenceNode } from '../../domain/trust/evidence-graph.ts';
import type { ArtifactAnswer } from './api-answers.ts';
import { createApiClient } from './api-client.ts';
import { cleanLines } from './clean-text.ts';
import { openEvidenceTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { locateServer } from './locate-server.ts';
import { predicateWord } from './predicate-words.ts';
import { createStyle, type Style, shortDigest } from './style.ts';
import { asTrustFailure } from './trust-failure.ts';
import type { VerbContext } from './verb.ts';

interface GraphFlags {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly full?: true;
  readonly json?: true;
}

const HELP = `
An image named with its registry, or in an OCI layout, is read there: what is listed is what the registry says, and nothing of it is
verified (pratique verify does that). Any other reference is asked of the server, which says what it verified.

Examples:
  pratique artifact graph localhost:5000/prod/shop:1.0
  pratique artifact graph ./shop-layout:1.0 --json
  pratique artifact graph shop/web:1.0`;

/** `repository:tag` of the server has no host: everything else is a registry's, or on disk. */
function isServerReference(ref: string): boolean {
  const [first = ''] = ref.split('/');
  return (
    isDigest(ref) ||
    !(ref.startsWith('.') || ref.startsWith('/') || /[.:]|^localhost$/.test(ref.includes('/') ? first : ''))
  );
}

async function readAtRegistry(ref: string, io: CliIo): Promise<{ name: string; root: EvidenceNode }> {
  const target = await openEvidenceTarget(ref, io);
  if (target.kind === 'file') throw new TypeError(`${ref} is a file: nothing refers to it`);
  try {
    return { name: target.name, root: await readEvidenceGraph(target.registry, target.repository, target.digest) };
  } finally {
    if (target.kind === 'layout') await target.dispose();
  }
}

/** From what is recorded: each piece of evidence below what it is about, with what came of verifying it. */
async function readAtServer(ref: string, flags: GraphFlags, io: CliIo): Promise<{ name: string; root: EvidenceNode }> {
  const api = createApiClient(await locateServer(flags, io), io.signal);
  const { artifact, children, evidence } = await api.get<ArtifactAnswer>('/artifact', { ref });
  const about = (subject: string): EvidenceNode[] =>
    evidence
      .filter((one) => one.subject === subject)
      .map(({ manifest, predicateType, outcome, origin, identity, recordedAt }) => ({
        digest: manifest as Digest,
        kind: 'evidence' as const,
        says: `${predicateType} (${outcome}${outcome === 'verified' ? `, ${origin === 'own' ? 'by Pratique' : (identity ?? 'from outside')}` : ''})`,
        created: recordedAt,
        platforms: [],
        referrers: [],
      }));
  const platforms = children.map(({ digest, platform }) => ({
    digest: digest as Digest,
    kind: 'image' as const,
    says: platform ?? 'image',
    platforms: [],
    referrers: about(digest),
  }));
  const kind = children.length === 0 ? 'image' : 'index';
  const root = {
    digest: artifact.digest as Digest,
    kind,
    says: kind,
    platforms,
    referrers: about(artifact.digest),
  } as const;
  return { name: `${artifact.repository}@${artifact.digest}`, root };
}

/** A line a node, with its branch: platforms first, then what refers to it. */
function renderTree(node: EvidenceNode, style: Style, indent = ''): string[] {
  const below = [...node.platforms, ...node.referrers];
  return below.flatMap((child, at) => {
    const isLast = at === below.length - 1;
    const words = child.says.replace(/^\S+/, (type) => predicateWord(type));
    const note = child.unread === undefined ? '' : ` (${child.unread})`;
    return [
      `${indent}${isLast ? '└─' : '├─'} ${words}  ${style.paint.dim(shortDigest(child.digest, style))}${note}`,
      ...renderTree(child, style, `${indent}${isLast ? '  ' : '│ '} `),
    ];
  });
}

/** `pratique artifact graph`: what hangs on an artifact, as a tree. */
export function defineArtifactGraph(command: Command, { io, done }: VerbContext): void {
  command
    .summary('Show what hangs on an artifact: platforms, signatures, statements, documents, as a tree')
    .description('Show what hangs on an artifact: platforms, signatures, statements, documents, as a tree')
    .argument('<ref>', 'an image with its registry, an OCI layout, or what the server knows it as')
    .addOption(new Option('--url <url>', 'the gateway, for a reference without a registry'))
    .addOption(new Option('--token-file <file>', 'file with the API token; or the token itself in PRATIQUE_TOKEN'))
    .option('--full', 'digests in full')
    .option('--json', 'the graph as JSON')
    .addHelpText('after', HELP)
    .action(async (ref: string, flags: GraphFlags) => {
      try {
        const found = isServerReference(ref) ? await readAtServer(ref, flags, io) : await readAtRegistry(ref, io);
        const style = createStyle(io, flags.full === true);
        const lines = [found.name, ...renderTree(found.root, style), `${countNodes(found.root) - 1} below it`, ''];
        io.out.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : cleanLines(lines.join('\n')));
        done(exitCodes.pass);
      } catch (error) {
        throw asTrustFailure(error);
      }
    });
}
