import { runDemoPod } from '../roles/demo/pods/run-demo-pod.ts';
import type { Invocation } from './invocation.ts';

/** `podflow demo-pod ROLE …`, started by the demo in each of its pods. */
export function demoPodCommand({ args }: Invocation): Promise<void> {
  return runDemoPod(args);
}
