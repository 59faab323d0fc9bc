import { z } from 'zod';
import { readScannerReports } from '../../../adapters/postgres/read-scanner-reports.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { resolveRef } from '../resolve-ref.ts';
import { refQuery } from './artifact-schemas.ts';
import { reasonSchema } from './reason-schema.ts';
import { reportReceiptSchema, scannerReportSchema } from './scanner-report-schemas.ts';

/** Bytes of one report. */
const MAX_REPORT = 32 * 1024 * 1024;
/** Differences of one report, of each side. */
const SHOWN = 500;

const reportSchema = z.looseObject({}).describe('A report of Grype or Trivy, or a SARIF log, as it is');

/** What other scanners found: evidence beside our own findings. */
export function registerScannerReportRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/scanner-reports',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Reports of other scanners about an artifact, held against what was found here; newest first',
        querystring: refQuery,
        response: { 200: z.object({ items: z.array(scannerReportSchema) }) },
      },
    },
    async ({ query }) => {
      const { digest } = await resolveRef(deps, query.ref);
      return { items: await readScannerReports(deps.db, digest, SHOWN) };
    },
  );
  api.post(
    '/scanner-reports/withdraw',
    {
      config: { permission: 'report.withdraw' },
      schema: {
        summary: 'A report counts no longer: what it held back may go on',
        body: z.strictObject({ ref: refQuery.shape.ref, digest: z.string().max(80), reason: reasonSchema }),
        response: { 200: z.object({ items: z.array(scannerReportSchema) }) },
      },
    },
    async ({ body, identity }) => {
      const key = await resolveRef(deps, body.ref);
      await deps.ports.reports.withdraw(key, body.digest, body.reason, identity.subject);
      const reports = await readScannerReports(deps.db, key.digest, SHOWN);
      return { items: reports.filter(({ digest }) => digest === body.digest) };
    },
  );
  void api.register(async (part: GatewayServer) => {
    part.removeAllContentTypeParsers();
    // As it is: its digest is over its bytes.
    part.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: MAX_REPORT },
      (_request, body, done) => done(null, body),
    );
    part.post(
      '/scanner-reports',
      {
        config: { permission: 'report.add', takes: { 'application/json': reportSchema } },
        bodyLimit: MAX_REPORT,
        schema: {
          summary: 'Brings what another scanner found in an artifact (Grype JSON, Trivy JSON, SARIF)',
          querystring: refQuery.extend({
            source: z.string().min(1).max(500).default('upload').describe('Where it is from, for people'),
          }),
          response: { 200: reportReceiptSchema },
        },
      },
      async ({ body, query, identity }) => {
        const key = await resolveRef(deps, query.ref);
        return deps.ports.reports.add(key, { text: body as string, source: query.source }, identity.subject);
      },
    );
  });
}
