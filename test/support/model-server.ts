// A server that speaks OpenAI's protocol of chat completions, and answers as scripted.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface ModelReply {
  status?: number;
  /** What the model says; objects as JSON. */
  content?: unknown;
  refusal?: string;
  /** The whole body, in place of a completion. */
  body?: unknown;
  /** Never answered. */
  silent?: boolean;
}

export interface AskedModel {
  authorization: string | undefined;
  path: string | undefined;
  body: { model: string; messages: { role: string; content: string }[] };
}

export class ModelServer {
  readonly asked: AskedModel[] = [];
  url = '';
  readonly #replies: ModelReply[];
  readonly #server = createServer(async (request, response) => {
    const body = (await json(request)) as AskedModel['body'];
    this.asked.push({ authorization: request.headers.authorization, path: request.url, body });
    const { status = 200, content, refusal, silent, ...reply } = this.#replies.shift() ?? { status: 500 };
    if (silent) return;
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const message = { role: 'assistant', content: text ?? null, ...(refusal ? { refusal } : {}) };
    const completion = {
      id: 'c1',
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message }],
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply.body ?? completion));
  });

  private constructor(replies: ModelReply[]) {
    this.#replies = replies;
  }

  static async start(...replies: ModelReply[]): Promise<ModelServer> {
    const server = new ModelServer(replies);
    await new Promise<void>((done) => server.#server.listen(0, '127.0.0.1', done));
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}/v1`;
    return server;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
