import pc from 'picocolors';
import { pagesUrl } from '../../dev/services.ts';
import type { ArtifactNow } from '../stage.ts';
import { plainRegistry } from '../stage.ts';
import type { Story } from '../story.ts';
import { shellWord } from '../teller.ts';

interface Listed {
  readonly items: readonly { readonly repository: string; readonly digest: string }[];
}

/** Chapter 5: where everything is, by what the registry serves, and where to look further. */
export async function summarise(
  { teller, api }: Story,
  run: { seconds: number; keep: boolean; folder: string },
): Promise<void> {
  teller.chapter('Where everything is now');
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['artifact', 'dev', 'staging', 'prod', 'verdicts (dev/staging/prod)', 'push to dev'],
    style: { head: [], border: [] },
  });
  const { registry, close } = await plainRegistry(api);
  const listed = (await api.get<Listed>('/artifacts?limit=100'))?.items ?? [];
  for (const { repository, digest } of listed.toSorted((a, b) => a.repository.localeCompare(b.repository))) {
    const now = await api.artifact(`${repository}@${digest}`);
    if (now === undefined) continue;
    const served = async (environment: string) =>
      (await registry.resolve(`${environment}/${repository}`, digest)) === undefined ? '-' : 'served';
    const said = ['dev', 'staging', 'prod']
      .map((environment) => now.verdicts.find((verdict) => verdict.environment === environment)?.outcome ?? '-')
      .join('/');
    table.push([
      `${repository}\n${digest.slice(0, 19)}`,
      await served('dev'),
      await served('staging'),
      await served('prod'),
      said,
      await timeToDev(api, repository, digest, now),
    ]);
  }
  await close();
  teller.show(table.toString(), 60);
  const { connection } = api;
  teller.say(`\n  ${pc.bold(`${run.seconds} s`)} from nothing running to here.`);
  if (!run.keep) {
    teller.say('Everything is stopped and removed. Run it with --keep to look around: npm run demo -- --keep');
    return;
  }
  teller.say(`Temporal  ${connection.temporalUi}`);
  teller.say(`API       ${connection.gatewayUrl}/openapi.json`);
  teller.say(`approvals ${pagesUrl(connection)}/approve`);
  teller.say(`registry  ${connection.registry}`);
  teller.say(
    `commands  export PRATIQUE_HOME=${shellWord(run.folder)}; then ./pratique status, artifact list, incident list, down`,
  );
}

interface Timeline {
  readonly items: readonly {
    readonly at: string;
    readonly type: string;
    readonly data: { readonly environment?: string };
  }[];
}

async function timeToDev(api: Story['api'], repository: string, digest: string, now: ArtifactNow): Promise<string> {
  if (!now.promotions.some(({ environment }) => environment === 'dev')) return 'never';
  const timeline = await api.get<Timeline>(`/timeline?ref=${encodeURIComponent(`${repository}@${digest}`)}`);
  const first = timeline?.items[0];
  const live = timeline?.items.find(({ type, data }) => type === 'promotion.live' && data.environment === 'dev');
  return first === undefined || live === undefined
    ? 'never'
    : `${((Date.parse(live.at) - Date.parse(first.at)) / 1000).toFixed(1)} s`;
}
