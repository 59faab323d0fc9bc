import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { EventProducer } from '../../adapters/kafka/event-producer.ts';
import type { KafkaInspector } from '../../adapters/kafka/kafka-inspector.ts';
import type { RegistryTokenIssuer } from '../../adapters/oci/registry-token-issuer.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { TokenStore } from '../../adapters/postgres/token-store.ts';
import type { HealthWatch } from '../../adapters/telemetry/health-watch.ts';
import type { Logger } from '../../adapters/telemetry/logger.ts';
import type { Telemetry } from '../../adapters/telemetry/start-telemetry.ts';
import type { RelyingParty } from '../../domain/identity/passkey.ts';
import type { GatewayPorts } from './gateway-ports.ts';
import type { RegistryServiceHashes } from './registry-login.ts';
import type { RequestLimits } from './request-limits.ts';

/** Fastify with routes typed by their zod schemas. */
export type GatewayServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What makes the gateway the token server of a registry. */
export interface RegistryTokens {
  readonly issuer: RegistryTokenIssuer;
  readonly services: RegistryServiceHashes;
}

export interface GatewayDependencies {
  readonly db: Database;
  readonly tokens: TokenStore;
  readonly producer: EventProducer;
  readonly inspector: KafkaInspector;
  readonly ports: GatewayPorts;
  readonly health: HealthWatch;
  /** `host[:port]` of the registry events speak of; also the name its webhook's events carry. */
  readonly registry: string;
  readonly webhookSecret: string;
  /** Undefined where the registry has users of its own. */
  readonly registryTokens?: RegistryTokens | undefined;
  /** Undefined where there is no page, and passkeys prove nothing. */
  readonly relyingParty?: RelyingParty | undefined;
  /** Without, `defaultLimits`. */
  readonly limits?: RequestLimits;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}
