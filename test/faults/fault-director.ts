/** Decides what happens at fault points: a test says where somebody is to be stopped, and what is done to them there. */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPoint } from '../../domain/fault/fault-point.ts';

/** What whoever reached a point is told. `kill`: SIGKILL to the process itself. */
export type Order =
  | { readonly do: 'go' }
  | { readonly do: 'kill' }
  | { readonly do: 'throw'; readonly message: string };

export interface Arrival {
  readonly point: FaultPoint;
  readonly subject: string;
  readonly pid: number;
}

/** Somebody stopped at a point: it waits there, this one flow of it, until told. */
export interface Stopped extends Arrival {
  go(): void;
  /** Lets it fail there as if the next write had. */
  fail(message: string): void;
  /** SIGKILL, from within: nothing of that process runs after the point. Of the process of the test itself: refused. */
  kill(): void;
}

export interface Trap {
  /** Resolves when somebody is stopped there; rejects when nobody came in time. */
  readonly stopped: Promise<Stopped>;
  /** Nobody is stopped here any more; whoever comes passes. */
  cancel(): void;
}

export interface TrapOptions {
  /** Only arrivals whose subject has one of these in it. */
  readonly about?: string | readonly string[];
  /** Lets this many pass before it stops one. */
  readonly after?: number;
  readonly withinMs?: number;
}

export interface FaultDirector {
  /** Stops the next one that reaches `point`, once. */
  stopAt(point: FaultPoint, options?: TrapOptions): Trap;
  /** Everyone that reaches `point` waits that long, until `cancel`. */
  slowDown(point: FaultPoint, ms: number, about?: string | readonly string[]): { cancel(): void };
  /** Every point at which somebody was stopped or delayed. */
  readonly driven: ReadonlySet<FaultPoint>;
  arrive(arrival: Arrival): Promise<Order>;
  /** Lets everybody go who still waits. */
  close(): void;
}

interface Snare {
  readonly point: FaultPoint;
  readonly about: readonly string[];
  passes: number;
  readonly caught: (arrival: Arrival) => Promise<Order>;
}

const listOf = (about: string | readonly string[]) => (typeof about === 'string' ? [about] : about);
const isAbout = ({ about }: Snare, { subject }: Arrival) =>
  about.some((part) => part === 'anything' || subject.includes(part));

export function createFaultDirector(): FaultDirector {
  const snares = new Set<Snare>();
  const driven = new Set<FaultPoint>();
  const waiting = new Set<() => void>();
  const set = (snare: Snare) => {
    snares.add(snare);
    return () => void snares.delete(snare);
  };
  return {
    driven,
    stopAt(point, { about = 'anything', after = 0, withinMs = 30_000 } = {}) {
      const came = Promise.withResolvers<Stopped>();
      const deadline = setTimeout(() => {
        cancel();
        came.reject(new Error(`nobody reached ${point} about ${String(about)} within ${withinMs / 1000} s`));
      }, withinMs);
      const caught = (arrival: Arrival): Promise<Order> => {
        cancel();
        const order = Promise.withResolvers<Order>();
        const go = () => {
          waiting.delete(go);
          order.resolve({ do: 'go' });
        };
        waiting.add(go);
        came.resolve({
          ...arrival,
          go,
          fail: (message) => order.resolve({ do: 'throw', message }),
          kill: () => {
            if (arrival.pid === process.pid) throw new Error('this would kill the test');
            order.resolve({ do: 'kill' });
          },
        });
        return order.promise;
      };
      const unset = set({ point, about: listOf(about), passes: after, caught });
      const cancel = () => {
        clearTimeout(deadline);
        unset();
      };
      // A test that fails before it asks reports its own failure, not this one.
      came.promise.catch(() => undefined);
      return { stopped: came.promise, cancel };
    },
    slowDown(point, ms, about = 'anything') {
      const caught = async (): Promise<Order> => {
        await delay(ms);
        return { do: 'go' };
      };
      return { cancel: set({ point, about: listOf(about), passes: 0, caught }) };
    },
    async arrive(arrival) {
      for (const snare of snares) {
        if (snare.point !== arrival.point || !isAbout(snare, arrival)) continue;
        if (snare.passes > 0) {
          snare.passes -= 1;
          continue;
        }
        driven.add(arrival.point);
        return snare.caught(arrival);
      }
      return { do: 'go' };
    },
    close() {
      snares.clear();
      for (const go of waiting) go();
    },
  };
}
