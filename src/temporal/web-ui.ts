// Links into Temporal's Web UI.

export interface WebUi {
  url: string;
  namespace: string;
}

export function webUiUrl({ url, namespace }: WebUi, workflowId: string, runId: string): string {
  return `${url.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
}
