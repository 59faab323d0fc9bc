/** Loaded by `node --import` before a service, by tests alone: at every fault point it asks the server what to do there. */
import { connect } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { isMainThread } from 'node:worker_threads';
import type { Order } from './fault-director.ts';
import { obey } from './obey.ts';

function obeyServer(path: string): void {
  const asked = new Map<number, (order: Order) => void>();
  let last = 0;
  let isOpen = true;
  const socket = connect(path);
  // Services end when they are told to, not when this socket does.
  socket.unref();
  const letAllGo = () => {
    isOpen = false;
    for (const answer of asked.values()) answer({ do: 'go' });
    asked.clear();
  };
  // The test is over: whoever is still here goes on as in production.
  socket.on('error', letAllGo).on('close', letAllGo);
  const lines = createInterface({ input: socket }).on('error', letAllGo);
  lines.on('line', (line) => {
    const { number, ...order } = JSON.parse(line) as Order & { number: number };
    asked.get(number)?.(order);
    asked.delete(number);
  });

  obey((arrival) => {
    if (!isOpen) return Promise.resolve({ do: 'go' });
    last += 1;
    const number = last;
    return new Promise((answer) => {
      asked.set(number, answer);
      socket.write(`${JSON.stringify({ number, ...arrival })}\n`);
    });
  });
}

const path = process.env.PRATIQUE_TEST_FAULTS;
if (path === undefined) throw new Error('PRATIQUE_TEST_FAULTS: expected the socket of a fault server');
// Threads (of workflows, of scans) write nothing.
if (isMainThread) obeyServer(path);
