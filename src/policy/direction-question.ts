import type { NamedEnd } from '../model/named-end.ts';
import type { PolicyDirection } from '../model/network-policy.ts';
import type { Target } from './match-port.ts';
import type { PeerView } from './peer-view.ts';
import type { Selection } from './policy-set.ts';

/** What is asked of one end: whether the policies that select it let it speak with the other. */
export interface DirectionQuestion {
  readonly direction: PolicyDirection;
  /** The end whose policies are asked: the source's for egress, the destination's for ingress. */
  readonly subject: NamedEnd;
  /** Undefined where the subject is in no namespace. */
  readonly selection: Selection | undefined;
  readonly peer: PeerView;
  readonly target: Target;
}
