/** A kept history as people read it: a line an event. The format is that of Temporal's `history.v1.History`, as its tools write it. */
import { z } from 'zod';

export interface HistoryEvent {
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  /** `ActivityTaskScheduled`, `TimerFired`, … */
  readonly type: string;
  /** Which activity, signal, timer, and why it failed; empty where the type says all. Never an input or a result. */
  readonly says: string;
}

const eventSchema = z.looseObject({
  eventId: z.string().regex(/^\d{1,15}$/),
  eventTime: z.object({
    seconds: z.string().regex(/^\d{1,12}$/),
    nanos: z.number().int().min(0).max(999_999_999).default(0),
  }),
  eventType: z.string().max(200),
});
const historySchema = z.object({ events: z.array(eventSchema).max(100_000) });

const named = z.looseObject({ name: z.string() });
const failureSchema = z.looseObject({ message: z.string().optional(), cause: z.unknown().optional() });
const detailSchema = z.looseObject({
  workflowType: named.optional(),
  activityType: named.optional(),
  taskQueue: named.optional(),
  scheduledEventId: z.string().optional(),
  signalName: z.string().optional(),
  markerName: z.string().optional(),
  timerId: z.string().optional(),
  startToFireTimeout: z.object({ seconds: z.string().optional() }).optional(),
  acceptedRequest: z.looseObject({ input: named.optional() }).optional(),
  failure: failureSchema.optional(),
});
type Detail = z.infer<typeof detailSchema>;

/** Most characters of one failure that are shown. */
const MAX_FAILURE = 500;
/** Failures have causes, one in the other; the innermost that is looked at. */
const MAX_CAUSES = 10;

/** Throws a TypeError where the JSON is no history. */
export function readHistoryEvents(json: unknown): HistoryEvent[] {
  const parsed = historySchema.safeParse(json);
  if (!parsed.success) throw new TypeError('not a history of a workflow: no list of events');
  const activities = new Map<string, string>();
  return parsed.data.events.map((event) => {
    const detail = detailOf(event);
    const activity = detail.activityType?.name;
    if (activity !== undefined) activities.set(event.eventId, activity);
    const { seconds, nanos } = event.eventTime;
    return {
      id: Number(event.eventId),
      at: new Date(Number(seconds) * 1000 + Math.floor(nanos / 1e6)).toISOString(),
      type: typeName(event.eventType),
      says: describe(detail, activities),
    };
  });
}

/** Every event has its attributes under a name of its own, and only those. */
function detailOf(event: z.infer<typeof eventSchema>): Detail {
  const entry = Object.entries(event).find(([name]) => name.endsWith('EventAttributes'));
  return detailSchema.safeParse(entry?.[1]).data ?? {};
}

/** `EVENT_TYPE_ACTIVITY_TASK_SCHEDULED` -> `ActivityTaskScheduled` */
function typeName(enumeration: string): string {
  return enumeration
    .replace(/^EVENT_TYPE_/, '')
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function describe(detail: Detail, activities: ReadonlyMap<string, string>): string {
  const { activityType, workflowType, taskQueue, scheduledEventId = '' } = detail;
  const subject = activityType?.name ?? workflowType?.name ?? activities.get(scheduledEventId);
  const queue = subject !== undefined && taskQueue !== undefined ? ` on ${taskQueue.name}` : '';
  const seconds = detail.startToFireTimeout?.seconds;
  return [
    ...(subject === undefined ? [] : [`${subject}${queue}`]),
    ...[detail.signalName, detail.markerName, detail.acceptedRequest?.input?.name].filter((name) => name !== undefined),
    ...(seconds === undefined ? [] : [`in ${seconds} s`]),
    ...(detail.failure === undefined ? [] : [reasonOf(detail.failure)]),
  ].join(', ');
}

/** The innermost reason: those around it say that something failed. */
function reasonOf(outer: z.infer<typeof failureSchema>): string {
  let failure = outer;
  for (let depth = 0; depth < MAX_CAUSES; depth += 1) {
    const { data } = failureSchema.safeParse(failure.cause);
    if (data === undefined) break;
    failure = data;
  }
  return (failure.message ?? 'failed without a reason').slice(0, MAX_FAILURE);
}
