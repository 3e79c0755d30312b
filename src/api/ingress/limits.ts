// The limits of a process that receives webhooks. They are built once, and handed to everything that takes part in them.
import { Admission } from './admission.ts';
import { BodyBudget } from './body-budget.ts';

export interface IngressLimits {
  /** Bounds the starts that are in flight at Temporal. */
  admission: Admission;
  /** Bounds the bytes of bodies that the process holds. */
  bodies: BodyBudget;
}

export function createIngressLimits(): IngressLimits {
  return { admission: new Admission(), bodies: new BodyBudget() };
}
