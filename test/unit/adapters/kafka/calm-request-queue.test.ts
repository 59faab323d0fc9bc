import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { calmRequestQueues } from '../../../../adapters/kafka/calm-request-queue.ts';

/** The class of kafkajs, as far as it is asked here. */
interface Queue {
  push(request: { entry: object; expectResponse: boolean; sendRequest: () => void }): void;
  fulfillRequest(answer: { correlationId: number; payload: null; size: number }): void;
  maybeThrottle(milliseconds: number): void;
}
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: object,
) => Queue;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const logger = { debug: () => undefined, warn: () => undefined };

function createQueue(maxInFlightRequests: number) {
  calmRequestQueues();
  const queue = new RequestQueue({ maxInFlightRequests, requestTimeout: 1000, enforceRequestTimeout: false, logger });
  const sent: number[] = [];
  const push = (correlationId: number) =>
    queue.push({
      entry: { correlationId, resolve: () => undefined, reject: () => undefined },
      expectResponse: true,
      sendRequest: () => sent.push(correlationId),
    });
  const answer = (correlationId: number) => queue.fulfillRequest({ correlationId, payload: null, size: 0 });
  return { queue, sent, push, answer };
}

test('once everything is sent and answered no timer runs', () => {
  const { sent, push, answer } = createQueue(2);
  push(1);
  push(2);
  answer(1);
  answer(2);
  expect(sent).toEqual([1, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

test('what waits for an answer is sent with it, in order, and then no timer runs any more', () => {
  const { sent, push, answer } = createQueue(1);
  for (const one of [1, 2, 3]) push(one);
  expect(sent).toEqual([1]);
  answer(1);
  expect(sent).toEqual([1, 2]);
  answer(2);
  answer(3);
  expect(sent).toEqual([1, 2, 3]);
  vi.runOnlyPendingTimers();
  expect(vi.getTimerCount()).toBe(0);
});

test('what waits because the broker asked for patience is sent when that is over, without another push or answer', () => {
  const { queue, sent, push, answer } = createQueue(2);
  push(1);
  queue.maybeThrottle(50);
  answer(1);
  push(2);
  vi.advanceTimersByTime(49);
  expect(sent).toEqual([1]);
  vi.advanceTimersByTime(2);
  expect(sent).toEqual([1, 2]);
});
