// Starts the listeners of a process: that of operators, and that of senders and of the agent API's clients.
import { ProviderKeys } from '../activities/http/provider-keys.ts';
import { type AgentAppOptions, mountAgentApi } from '../api/agent/app.ts';
import { PUBLIC_DOCUMENT } from '../api/agent/routes.ts';
import type { CheckReady } from '../api/http/base-app.ts';
import { type Listener, listen } from '../api/http/listen.ts';
import { createPublicApp } from '../api/ingress/app.ts';
import { createCompareDuplicate } from '../api/ingress/compare-duplicate.ts';
import { FieldReader } from '../api/ingress/field-reader.ts';
import { createIngressLimits, type IngressBounds, type IngressLimits } from '../api/ingress/limits.ts';
import { createStartEvent } from '../api/ingress/start-event.ts';
import type { VerifyDeps } from '../api/ingress/verify-request.ts';
import { createOperatorApp } from '../api/operator/app.ts';
import { createWorkerApp } from '../api/operator/worker-app.ts';
import type { Settings } from '../config/settings.ts';
import { type ProcessParts, webUiOf } from './parts.ts';

export async function listenToOperators(
  { options, config, userCode, temporal, log, observability, working }: ProcessParts,
  token: string | undefined,
  checkReady: CheckReady,
): Promise<Listener> {
  const { settings, openCodec = false } = options;
  const webUi = webUiOf(options, temporal);
  const metricsPage = observability.metricsPage(temporal);
  const listener = await listen({
    app: token
      ? createOperatorApp({
          temporal,
          config,
          taskQueue: settings.taskQueue,
          token,
          openCodec,
          eager: false, // a run that an operator starts may wait for a worker
          webUi,
          checkPayload: (call, signal) => userCode.check(call, signal),
          clients: new Set(settings.agent.apiKeys?.map(({ client }) => client)),
          metricsPage,
          checkReady,
          log,
        })
      : createWorkerApp({ token: settings.operatorToken, metricsPage, checkReady, log }),
    host: settings.operatorHost,
    port: settings.operatorPort,
    settings: { host: 'OPERATOR_HOST', port: 'OPERATOR_PORT' },
  });
  working.push(listener.stop);
  return listener;
}

export async function listenToSenders(parts: ProcessParts, checkReady: CheckReady): Promise<Listener> {
  const { options, config, userCode, temporal, log, observability, working } = parts;
  const {
    host = '0.0.0.0',
    port,
    taskQueue,
    trustedProxies,
    forwardedHeader,
    ...settings
  } = options.settings;
  const limits = createIngressLimits(toBounds(options.settings));
  const startEvent = createStartEvent({ temporal, taskQueue, eager: options.role === 'serve', limits, log });
  const { metrics, tracing } = observability;
  const fields = new FieldReader({ log });
  const providerKeys = new ProviderKeys({ proxy: settings.proxy });
  const listener: Listener = await listen({
    app: createPublicApp({
      config,
      startEvent,
      compareDuplicate: createCompareDuplicate({ temporal, metrics, log }),
      checkPayload: (call, signal) => userCode.check(call, signal),
      fields,
      limits,
      metrics,
      tracing,
      checkReady,
      ...verifyDeps(options.settings, providerKeys, () => listener.url),
      trust: { trustedProxies, forwardedHeader },
      document: PUBLIC_DOCUMENT,
      mount: (app) => mountAgentApi(app, agentOptions(parts, limits)),
      log,
    }),
    host,
    port,
    settings: { host: 'HOST', port: 'PORT' },
    tls: settings.tls && { files: settings.tls, log },
    strangers: {
      maxConnections: settings.maxConnections,
      maxPerClient: settings.maxConnectionsPerClient,
      trustedProxies,
      log,
    },
  });
  working.push(listener.stop, () => providerKeys.close());
  return listener;
}

/** Without a setting, a scheme that signs the URL works on this machine alone: see `requirePublicUrl`. */
function verifyDeps({ agent }: Settings, providerKeys: ProviderKeys, ownUrl: () => string): VerifyDeps {
  return {
    publicUrl: () => agent.publicUrl?.replace(/\/+$/, '') ?? ownUrl(),
    fetchKey: (need) => providerKeys.fetch(need),
    visit: (url) => providerKeys.visit(url),
  };
}

/** Seconds in which a client that was quiet may use up at once what it may ask in them. */
const BURST_SECONDS = 2;

function agentOptions(
  { options, config, userCode, temporal, log }: ProcessParts,
  { admission }: IngressLimits,
): AgentAppOptions {
  const { taskQueue, agent } = options.settings;
  const { requestsPerSecond: perSecond, tasksMax, publicUrl, allowLoopbackUrls, apiKeys = [] } = agent;
  return {
    temporal,
    config,
    taskQueue,
    eager: options.role === 'serve',
    checkTaskInput: (call, signal) => userCode.checkTaskInput(call, signal),
    admission,
    guard: { allowLoopback: allowLoopbackUrls },
    log,
    apiKeys,
    rate: { perSecond, burst: BURST_SECONDS * perSecond },
    tasksMax,
    publicUrl,
  };
}

function toBounds({
  maxConnectionsPerClient: maxPerClient,
  webhooksPerSecondPerClient: perSecond,
  leastBytesPerSecond,
}: Settings): IngressBounds {
  const clientRate = perSecond === undefined ? undefined : { perSecond, burst: BURST_SECONDS * perSecond };
  return { maxPerClient, clientRate, leastBytesPerSecond };
}
