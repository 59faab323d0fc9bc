/** docs/interop.md, from what a run found. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Result } from './matrix.ts';

/** Consumers that do not run here: what their own documentation and issue trackers said when this was written. */
const elsewhere = `
| consumer | bundles (what we write by default) | legacy tags (\`consumers: [{format: legacy}]\`) | source |
| --- | --- | --- | --- |
| Kyverno, ClusterPolicy | from 1.13, only with \`type: SigstoreBundle\`; not on registries without the referrers API (2026-07: descriptors of the fallback tag are filtered out) | yes, the default type | kyverno#10567, kyverno#16664 |
| Kyverno, ImageValidatingPolicy | from 1.17; with a key 1.19.0 fails where 1.18.1 worked | yes | kyverno#14652, kyverno#17363 |
| sigstore policy-controller | attestations from 0.13 with \`signatureFormat: bundle\`; key signatures of cosign 3 are an open issue | yes | policy-controller#1725, policy-controller#1958 |
| Flux source-controller | both, since 2026-01 | yes | source-controller#1961 |
| Conforma (\`ec\`) | both, since 2026-03 | yes | conforma/cli#3123 |
| podman, skopeo, containers/image | no | yes | container-libs#388 |
| Kubewarden | with sigstore-rs that reads bundles | yes | adm-controller#1237 |
`;

function table(results: readonly Result[]): string {
  const rows = results.map(({ peer, made, command, what, mode, format, where, accepted }) => [
    made === 'ours' ? `Pratique → ${peer}` : `${peer} → Pratique`,
    `\`${command}\``,
    what,
    mode,
    format,
    where,
    accepted ? 'yes' : '**no**',
  ]);
  const head = ['made by → accepted by', "the peer's command", 'what', 'signed with', 'format', 'where', 'accepted'];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function writeMatrix(resultsFile: string, page: string): void {
  const results = readFileSync(resultsFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Result);
  const sorted = [
    ...new Map(results.map((one) => [JSON.stringify({ ...one, accepted: undefined }), one])).values(),
  ].sort(
    (a, b) =>
      a.peer.localeCompare(b.peer) ||
      a.made.localeCompare(b.made) ||
      a.where.localeCompare(b.where) ||
      a.format.localeCompare(b.format) ||
      a.command.localeCompare(b.command) ||
      a.what.localeCompare(b.what),
  );
  const text = `# Who accepts what

Written by \`npm run interop\`, which runs the peers themselves; do not edit it by hand. ${sorted.filter(({ accepted }) => accepted).length} of ${sorted.length} accepted.

${table(sorted)}

cosign 3 reads its older tags as well; what it no longer writes by itself (\`--new-bundle-format=false\`, deprecated) is what cosign 2 wrote.

## Consumers that do not run here
${elsewhere}`;
  writeFileSync(page, text);
}
