// Starts the thread where makergym runs from its sources: Node then needs the loader in each thread.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
