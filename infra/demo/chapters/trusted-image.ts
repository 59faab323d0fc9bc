import { plainRegistry, promotionIs, provenBy } from '../stage.ts';
import type { Story } from '../story.ts';
import { shellWord } from '../teller.ts';

/** Chapter 1: a real application, built from a signed commit, from push to production. */
export async function promoteTrustedImage({ teller, stage, api, people, builds }: Story): Promise<void> {
  teller.chapter('A real application image, from push to production');
  teller.say(
    'The shop: hundreds of real packages, installed by lockfile from a commit that dana signed. builder-1 verifies the',
  );
  teller.say(
    'signature, runs the recipe without keys and without a network, signs the image, attaches its provenance, and pushes.',
  );
  const { err } = await builds.shop.done;
  teller.say(`\n  $ pratique ${builds.shop.command.slice(0, 4).map(shellWord).join(' ')} …`);
  teller.show(
    err
      .split('\n')
      .filter((line) => !line.startsWith('  '))
      .join('\n'),
  );
  await promotionIs(api, 'apps/shop:1.0', 'prod', 'waiting');
  teller.say(
    '\n  The registry told Pratique of the push. It took stock of the image, scanned it, verified what builder-1 signed, signed',
  );
  teller.say('  its own evidence, and let it into dev and staging. Production waits for a person.');
  await teller.run(['artifact', 'timeline', 'apps/shop:1.0'], { lines: 40 });
  teller.say(
    "Production takes approvals with a proof of the approver's own: an SSH signature over what is decided, by a key that is",
  );
  teller.say('registered as theirs. dana committed the source: her own approval is refused. alice is somebody else.');
  await teller.run(['approve', 'prod', 'apps/shop:1.0', '--reason', 'looks good to me', ...provenBy(stage.developer)], {
    ...people.dana,
    expect: [1],
  });
  await teller.run(
    ['approve', 'prod', 'apps/shop:1.0', '--reason', 'release 1.0, reviewed', ...provenBy(stage.approver)],
    people.alice,
  );
  await promotionIs(api, 'apps/shop:1.0', 'prod', 'live');
  await teller.run(['artifact', 'get', 'apps/shop:1.0'], { lines: 60 });
  const { registry, close } = await plainRegistry(api);
  const inProd = await registry.resolve('prod/apps/shop', '1.0');
  const attached = inProd === undefined ? [] : await registry.listReferrers('prod/apps/shop', inProd.digest);
  await close();
  teller.say(`What any registry client finds attached to ${api.connection.registry}/prod/apps/shop:1.0:`);
  teller.show(
    attached
      .map(
        ({ digest, annotations }) =>
          `${digest.slice(0, 19)}  ${annotations?.['dev.sigstore.bundle.predicateType'] ?? ''}`,
      )
      .join('\n'),
    30,
  );
  teller.say("\n  It verifies with prod's own key, which signs nothing but what prod lets in:");
  await teller.run(
    ['verify', `${api.connection.registry}/prod/apps/shop:1.0`, '--key', `${stage.home.keysDir}/admission-prod.pub`],
    { pick: /^\S+@sha256|^ +verified|^Verified/ },
  );
}
