/** A thread that hashes what another puts into a ring: while one that unpacks does both, whoever reads waits for it. */
import { type RingThread, startRingThread } from './ring-thread.ts';
import type { SlotRing } from './slot-ring.ts';

const program = `
const { createHash } = require('node:crypto');
const { parentPort, workerData } = require('node:worker_threads');
const hash = createHash('sha256');
const from = taker(workerData.ring, workerData.which);
for (let chunk = from.next(); chunk.length > 0; chunk = from.next()) {
  hash.update(chunk);
  from.done();
}
parentPort.postMessage(hash.digest('hex'));
`;

/** As the taker of that number; says the SHA-256, in hexadecimal. */
export function startHashingThread(ring: SlotRing, which: number): RingThread<string> {
  return startRingThread({ program, data: { ring, which }, rings: [ring], youngGenerationMb: 4, what: 'hashes' });
}
