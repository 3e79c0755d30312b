// The agent card: what this Surehook is to agents. Its skills are the task types.
import { A2A_PROTOCOL_VERSION, AgentCard } from '@a2a-js/sdk';
import type { Config, TaskTypeConfig } from '../../../config/config.ts';
import { VERSION } from '../../../config/version.ts';

export const JSON_RPC_PATH = '/a2a';
export const REST_PATH = '/a2a/v1';

const DATA = 'application/json';
const TEXT = 'text/plain';

/** @param origin where clients reach the public listener */
export function agentCard({ tasks }: Pick<Config, 'tasks'>, origin: string): AgentCard {
  return AgentCard.fromJSON(agentCardJson({ tasks }, origin));
}

/** As it is sent. */
export function agentCardJson({ tasks }: Pick<Config, 'tasks'>, origin: string) {
  const types = [...tasks.values()];
  const toInterface = (protocolBinding: string, path: string) => ({
    url: origin + path,
    protocolBinding,
    protocolVersion: A2A_PROTOCOL_VERSION,
  });
  return {
    name: 'Surehook',
    description:
      'Runs long tasks durably, and calls back for certain: by push notifications that are retried.',
    version: VERSION,
    supportedInterfaces: [toInterface('JSONRPC', JSON_RPC_PATH), toInterface('HTTP+JSON', REST_PATH)],
    capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: false },
    securitySchemes: {
      apiKey: {
        httpAuthSecurityScheme: { scheme: 'Bearer', description: 'An API key of SUREHOOK_API_KEYS' },
      },
    },
    securityRequirements: [{ schemes: { apiKey: { list: [] } } }],
    defaultInputModes: types.some(({ takesText }) => takesText) ? [DATA, TEXT] : [DATA],
    defaultOutputModes: [DATA],
    skills: types.map(toSkill),
  };
}

function toSkill({ name, description, takesText }: TaskTypeConfig) {
  return {
    id: name,
    name,
    description: description || `The task type ${name}`,
    tags: ['task', name],
    inputModes: takesText ? [DATA, TEXT] : [DATA],
    outputModes: [DATA],
  };
}
