// The limits of a process that receives webhooks. They are made once, and given to everything that they limit.
import { Admission } from './admission.ts';
import { BodyBudget } from './body-budget.ts';

export interface IngressLimits {
  /** Limits the starts that are in flight at Temporal. */
  admission: Admission;
  /** Limits the bytes of bodies that the process keeps. */
  bodies: BodyBudget;
}

export function createIngressLimits(): IngressLimits {
  return { admission: new Admission(), bodies: new BodyBudget() };
}
