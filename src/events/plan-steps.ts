// Plans the steps of an event by the config.
import { type Config, forType, hasHandler, type SourceConfig } from '../config/config.ts';
import { LOCAL_DELIVERY_TIMEOUT_MAX_MS, type StepPlan } from '../contracts/event.ts';

export function planSteps(source: SourceConfig, eventType: string, { endpoints }: Config): StepPlan[] {
  const steps: StepPlan[] = [];
  if (hasHandler(source, eventType)) {
    steps.push({ step: 'handler', timeout_ms: source.timeoutMs });
  }
  for (const name of new Set(forType(source.forwardTo, eventType))) {
    const endpoint = endpoints.get(name);
    if (endpoint === undefined) continue; // the config's schema ensures that the endpoint exists
    steps.push({
      step: `deliver:${name}`,
      timeout_ms: endpoint.timeoutMs,
      local: endpoint.timeoutMs <= LOCAL_DELIVERY_TIMEOUT_MAX_MS,
    });
  }
  return steps;
}
