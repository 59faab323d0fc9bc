import { isJudged } from '../stage.ts';
import type { Story } from '../story.ts';

/** Chapter 2: real packages with known vulnerabilities are stopped, with the reasons. */
export async function stopVulnerableImage({ teller, api, people, builds }: Story): Promise<void> {
  teller.chapter('Known vulnerabilities are stopped at the first door');
  teller.say(
    'legacy is built by the same trusted builder, from a signed commit; but its lockfile pins packages of 2020.',
  );
  await builds.legacy.done;
  const verdict = await isJudged(api, 'apps/legacy:1.0');
  if (verdict !== 'fail') throw new Error(`legacy was judged ${verdict}: it must be stopped`);
  await teller.run(['artifact', 'get', 'apps/legacy:1.0'], { lines: 20 });
  teller.say('Asking for it by hand changes nothing, and says why:');
  await teller.run(['promote', 'apps/legacy:1.0', '--to', 'dev', '--dry-run'], { ...people.olga, expect: [0, 1] });
}
