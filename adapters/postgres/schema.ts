/** The tables as kysely sees them; infra/migrations is the source. */
import type { AdvisoryTables } from './schema/advisory.ts';
import type { ImportTables } from './schema/import.ts';
import type { IncidentTables } from './schema/incident.ts';
import type { IntakeTables } from './schema/intake.ts';
import type { PeopleTables } from './schema/people.ts';
import type { PromotionTables } from './schema/promotion.ts';
import type { StockTables } from './schema/stock.ts';
import type { TrustTables } from './schema/trust.ts';

export interface Schema
  extends IntakeTables,
    StockTables,
    AdvisoryTables,
    TrustTables,
    PeopleTables,
    PromotionTables,
    ImportTables,
    IncidentTables {}
