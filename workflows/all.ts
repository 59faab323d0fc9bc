/** Every workflow, by the name it is started under: the entry of the bundle. */
export { artifactPipeline } from './artifact-pipeline/workflow.ts';
export { exportHistories } from './export-histories/workflow.ts';
export { importRunning } from './import/workflow.ts';
export { incident } from './incident/workflow.ts';
export { keyRotation } from './key-rotation/workflow.ts';
export { promotion } from './promotion/workflow.ts';
export { quarantine } from './quarantine/workflow.ts';
export { rebuild } from './rebuild/workflow.ts';
export { reconcile } from './reconcile/workflow.ts';
export { rescan } from './rescan/workflow.ts';
export { reverify } from './reverify/workflow.ts';
export { syncAdvisories } from './sync-advisories/workflow.ts';
export { wakeDecisions } from './wake-decisions/workflow.ts';
