/**
 * What a user types, and everything they then see: transcripts/*.txt. Both the questions and the answers of these tests keep to
 * the gateway's own description of its API.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AnsweringGateway, startAnsweringGateway } from './answering-gateway.ts';
import { administrationCases } from './cases/administration.ts';
import { advisoryCases } from './cases/advisories.ts';
import { artifactCases } from './cases/artifacts.ts';
import { incidentCases } from './cases/incidents.ts';
import { keyCases } from './cases/keys.ts';
import { promotionCases } from './cases/promotions.ts';
import { runCommand, splitWords, transcriptOf } from './run-command.ts';

let gateway: AnsweringGateway;
beforeAll(async () => {
  gateway = await startAnsweringGateway();
});
afterEach(() => {
  expect(gateway.breaches).toEqual([]);
});
afterAll(() => gateway.close());

const cases = [
  ...artifactCases,
  ...advisoryCases,
  ...keyCases,
  ...promotionCases,
  ...incidentCases,
  ...administrationCases,
];

it.each(cases)('%s', async (file, line, answers) => {
  gateway.answer(answers);
  const ran = await runCommand(splitWords(line), { env: { PRATIQUE_TOKEN: 'prq_test', PRATIQUE_URL: gateway.url } });
  const shown = transcriptOf(line, ran)
    .replaceAll(gateway.url, '<gateway>')
    .replaceAll(/"[^"\n]*\/infra\/([^"\n]*)"/g, 'infra/$1')
    .replaceAll(/(?<= )\/\S*\/infra\//g, 'infra/');
  await expect(shown).toMatchFileSnapshot(`transcripts/${file}.txt`);
});
