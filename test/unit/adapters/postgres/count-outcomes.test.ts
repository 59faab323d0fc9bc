import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOutcomeCounter } from '../../../../adapters/postgres/count-outcomes.ts';
import { type Scrape, startScrape } from '../../../scrape.ts';

let scrape: Scrape;
beforeAll(async () => {
  scrape = await startScrape();
});
afterAll(() => scrape.close());

it('what was decided and done is counted by environment and outcome, and nothing by names from outside', async () => {
  const count = createOutcomeCounter();
  const environment = 'prod';
  count({ type: 'artifact.judged-for', data: { environment, outcome: 'pass', repository: 'a/secret-name' } });
  count({ type: 'artifact.judged-for', data: { environment, outcome: 'pass' } });
  count({ type: 'artifact.judged-for', data: { environment: 7 } });
  count({ type: 'promotion.live', data: { environment, tag: '1.0' } });
  count({ type: 'promotion.denied', data: { environment } });
  for (const type of ['promotion.waiting', 'promotion.reserved', 'promotion.requested', 'promotion.reminded'])
    count({ type, data: { environment } });
  count({ type: 'artifact.quarantined', data: { incident: 'i' } });
  count({ type: 'key.used', data: { key: 'pq-admission-prod', uses: [{}, {}] } });
  count({ type: 'key.used', data: { key: 'evidence', uses: [{}] } });
  expect(await scrape.lines(/^pratique_(verdicts|promotions|quarantines|signatures)_/)).toEqual([
    'pratique_promotions_total{environment="prod",state="denied"} 1',
    'pratique_promotions_total{environment="prod",state="live"} 1',
    'pratique_quarantines_total 1',
    'pratique_signatures_total{purpose="admission"} 2',
    'pratique_signatures_total{purpose="evidence"} 1',
    'pratique_verdicts_total{environment="prod",outcome="pass"} 2',
  ]);
});
