import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { KafkaUnavailable, RecordTooLarge } from '../../adapters/kafka/kafka-error.ts';
import { DecisionError } from '../../domain/advisory/decision/decision-error.ts';
import { ReportError } from '../../domain/advisory/report/report-error.ts';
import { VexError } from '../../domain/advisory/vex/vex-error.ts';
import { AffectedError } from '../../domain/affected/affected-error.ts';
import { EventError } from '../../domain/events/event-error.ts';
import { ProofError } from '../../domain/identity/proof-error.ts';
import { IncidentError } from '../../domain/incident/incident-desk.ts';
import { SelectorError } from '../../domain/incident/selector-error.ts';
import { PolicyError } from '../../domain/policy/policy-error.ts';
import { ApiError, type ApiErrorDetail } from './api-error.ts';

interface Answer extends ApiErrorDetail {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const RETRY_AFTER_SECONDS = 2;

/** Every error as `{error: {code, message, hint?, place?}}`: one place decides what a caller gets to see. */
export function handleError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = isUnfit(error) ? unfitAnswer(request) : answerFor(error);
  const { method, ip, routeOptions } = request;
  // Of a route its pattern: what stands in its place or behind it may be a secret.
  const where = { method, route: routeOptions.url ?? 'unknown', address: ip };
  if (answer.status >= 500) request.log.error({ ...where, err: error, code: answer.code }, 'the request failed');
  else
    request.log.info(
      { ...where, code: answer.code, status: answer.status, place: answer.place },
      'the request was refused',
    );
  if (answer.retryAfterSeconds !== undefined) void reply.header('retry-after', String(answer.retryAfterSeconds));
  const { code, message, hint, place } = answer;
  return reply
    .code(answer.status)
    .type('application/json')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send({
      error: { code, message, ...(hint === undefined ? {} : { hint }), ...(place === undefined ? {} : { place }) },
    });
}

function answerFor(error: FastifyError | Error): Answer {
  if (error instanceof ApiError)
    return { status: error.status, code: error.code, message: error.message, ...error.detail };
  if (error instanceof EventError)
    return {
      status: error.code === 'EVENT_TOO_LARGE' ? 413 : 400,
      code: error.code,
      message: error.message,
      place: error.place,
    };
  if (error instanceof KafkaUnavailable) return { ...unavailable('the event log does not answer'), code: error.code };
  if (error instanceof RecordTooLarge) return { status: 413, code: error.code, message: error.message };
  if (error instanceof SelectorError) return { status: 400, code: error.code, message: error.message };
  if (error instanceof AffectedError)
    return { status: error.code === 'AFFECTED_UNKNOWN' ? 404 : 400, code: error.code, message: error.message };
  if (error instanceof DecisionError)
    return { status: error.code === 'DECISION_UNKNOWN' ? 404 : 400, code: error.code, message: error.message };
  if (error instanceof ReportError) return reportAnswer(error);
  if (error instanceof VexError) return { status: 400, code: error.code, message: error.message };
  if (error instanceof ProofError) return proofAnswer(error);
  if (error instanceof PolicyError) return policyAnswer(error);
  if (error instanceof IncidentError)
    return { status: error.code.endsWith('_UNKNOWN') ? 404 : 409, code: error.code, message: error.message };
  if (hasZodFastifySchemaValidationErrors(error)) return validationAnswer(error);
  if (isDatabaseAway(error)) return unavailable('the database does not answer');
  return isTemporalAway(error) ? unavailable('Temporal does not answer') : fastifyAnswer(error);
}

function unavailable(message: string): Answer {
  return {
    status: 503,
    code: 'UNAVAILABLE',
    message,
    hint: 'nothing was accepted; send it again',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  };
}

function proofAnswer({ code, message }: ProofError): Answer {
  if (code === 'PROOF_UNCHECKED') return { ...unavailable(message), code };
  return { status: code === 'PROOF_UNREADABLE' ? 400 : 409, code, message, place: 'proof' };
}

/** With what is known of the artifact. */
const conflicts: ReadonlySet<ReportError['code']> = new Set([
  'REPORT_OTHER_ARTIFACT',
  'REPORT_TOO_MANY',
  'REPORT_WITHDRAWN',
]);

function reportAnswer({ code, message }: ReportError): Answer {
  if (code === 'REPORT_UNKNOWN') return { status: 404, code, message };
  return { status: conflicts.has(code) ? 409 : 400, code, message };
}

function policyAnswer(error: PolicyError): Answer {
  const first = error.problems[0];
  return {
    status: 422,
    code: error.code,
    message: error.message,
    ...(first === undefined ? {} : { place: `${first.line}:${first.column}` }),
  };
}

function validationAnswer(error: Parameters<typeof hasZodFastifySchemaValidationErrors>[0]): Answer {
  const { validation, validationContext } = error as FastifyError;
  const issue = validation?.[0];
  const path = issue?.instancePath.replaceAll('/', '.') ?? '';
  return {
    status: 400,
    code: 'INVALID_REQUEST',
    message: `${validationContext ?? 'request'}${path}: ${issue?.message ?? 'not what the API describes'}`,
    place: `${validationContext ?? 'request'}${path}`,
    hint: 'GET /openapi.json describes the request',
  };
}

// What a request alone can bring into a query: of class 22 ("data exception"), a NUL, a number out of range, text that is no number, time or id.
function isUnfit(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^22(?:003|007|008|021|P02|P05)$/.test(code);
}

/** A cursor is the only text of a request that becomes another kind of value no sooner than in its query. */
function unfitAnswer({ query }: FastifyRequest): Answer {
  const hasCursor = typeof query === 'object' && query !== null && 'cursor' in query;
  return {
    ...{ status: 400, code: 'INVALID_REQUEST' },
    ...(hasCursor
      ? { message: 'the cursor is not one this list gave', place: 'querystring.cursor' }
      : { message: 'a text holds what no text can hold (a NUL), or a number or a time is out of range' }),
  };
}

/** Fastify's own refusals have a status; anything else is ours to fix, and says nothing to the caller. */
function fastifyAnswer(error: FastifyError | Error): Answer {
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status === 413)
    return { status, code: 'TOO_LARGE', message: 'the body is larger than this call takes', place: '$' };
  if (status === 415)
    return {
      status,
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: 'this call does not take that content type',
      place: 'content-type',
    };
  if (status >= 400 && status < 500)
    return { status, code: 'INVALID_REQUEST', message: 'the request can not be read', place: '$' };
  return { status: 500, code: 'INTERNAL', message: 'an unexpected error; the log has it under the trace id' };
}

// Class 08 is "connection exception", 53 "insufficient resources" (a full disk), 57P0x a server that stops or starts, 58 a
// failing system; the pool's own timeouts have no code.
function isDatabaseAway(error: Error): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return /^(?:08...|53...|57P0[123]|58...|ECONNREFUSED|ECONNRESET|EPIPE)$/.test(code);
  return /Connection terminated|timeout exceeded when trying to connect/.test(error.message);
}

/** gRPC's statuses of a server that is not there, is overloaded, or did not answer in time. */
const AWAY: ReadonlySet<unknown> = new Set([4, 8, 14]);

/** The client wraps the gRPC error: its code stands on the cause. */
function isTemporalAway(error: Error): boolean {
  const { cause } = error;
  return cause instanceof Error && AWAY.has((cause as { code?: unknown }).code);
}
