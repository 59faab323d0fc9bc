import process from 'node:process';
import { type FaultHook, installed } from '../../domain/fault/fault-hook.ts';
import { type Arrival, createFaultDirector, type FaultDirector, type Order } from './fault-director.ts';

/** Asks at every point of this process what is to happen there, and does it. Returns how to stop asking. */
export function obey(ask: (arrival: Arrival) => Promise<Order>): () => void {
  const hook: FaultHook = async (point, subject) => {
    const order = await ask({ point, subject, pid: process.pid });
    switch (order.do) {
      case 'go':
        return;
      case 'throw':
        throw new Error(order.message);
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        // The signal is on its way: nothing may be written before it arrives.
        await new Promise(() => undefined);
    }
  };
  installed.hook = hook;
  return () => {
    if (installed.hook === hook) delete installed.hook;
  };
}

/** A director of the points of this very process; `close` takes the hook out too. */
export function directHere(): FaultDirector {
  const director = createFaultDirector();
  const stop = obey((arrival) => director.arrive(arrival));
  return {
    ...director,
    close() {
      stop();
      director.close();
    },
  };
}
