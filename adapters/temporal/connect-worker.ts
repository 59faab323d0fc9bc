import { NativeConnection } from '@temporalio/worker';
import { connectionOptions, type TemporalSettings } from './connect.ts';

/** The connection workers poll through. It is there when this returns: throws where Temporal does not answer. */
export function connectWorker(settings: TemporalSettings): Promise<NativeConnection> {
  return NativeConnection.connect(connectionOptions(settings));
}
