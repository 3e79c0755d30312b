// Tests the analysis by a model, against a server that speaks the protocol.
import { afterEach, describe, expect, it } from 'vitest';
import type { AnalyzeDocumentOptions } from '../../src/activities/tasks/analyze-document/analysis-settings.ts';
import { analyzeDocument } from '../../src/activities/tasks/analyze-document/analyze-document.ts';
import { TaskError } from '../../src/contracts/failures.ts';
import { LICENSE_PAGES, makePdf, makeTask, type Task } from '../support/documents.ts';
import { type ModelReply, ModelServer } from '../support/model-server.ts';
import { waitFor } from '../support/wait-for.ts';

const KEY = 'sk-test-of-surehook-0123456789';
const license = await makePdf(LICENSE_PAGES);
let server: ModelServer | undefined;

afterEach(() => {
  delete process.env.OPENAI_API_KEY;
  delete process.env.OPENAI_BASE_URL;
  server?.stop();
});

async function serve(...replies: ModelReply[]): Promise<ModelServer> {
  server = await ModelServer.start(...replies);
  process.env.OPENAI_API_KEY = KEY;
  process.env.OPENAI_BASE_URL = server.url;
  return server;
}

async function analyze(
  analysis: string,
  options: AnalyzeDocumentOptions = {},
  task: Task = makeTask(license),
) {
  const type = analyzeDocument(options);
  const input = type.input.parse({ document_url: 'https://x.example.com/a.pdf', analysis_type: analysis });
  return (await type.run(input, task.context)) as Record<string, unknown>;
}

const clause = (text: string) => ({
  clause: '3.2',
  heading: 'OWNERSHIP',
  text,
  reason: 'forbids to contest',
});
const QUOTE = '3.2 Licensee shall not contest the validity\n  of the Trademarks of Licensor.';

describe('with OPENAI_API_KEY, a model analyses', () => {
  it('and gets the text with its pages, and the key as its server wants it', async () => {
    const { asked } = await serve({ content: { ip_clauses: [] } });
    await analyze('ip_clauses', { model: 'test-model' });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ path: '/v1/chat/completions', authorization: `Bearer ${KEY}` });
    expect(asked[0]?.body.model).toBe('test-model');
    expect(asked[0]?.body.messages[1]?.content).toContain('[page 2]\n3. OWNERSHIP');
  });

  it('but a clause that does not stand in the document is dropped, and pages are looked up', async () => {
    await serve({ content: { ip_clauses: [clause(QUOTE), clause('Licensee owns everything.')] } });
    expect(await analyze('ip_clauses')).toEqual({
      ip_clauses: [
        {
          clause: '3.2',
          heading: 'OWNERSHIP',
          text: '3.2 Licensee shall not contest the validity of the Trademarks of Licensor.',
          page: 2,
          reason: 'forbids to contest',
        },
      ],
    });
  });

  it('and its obligations and key terms are held against the text, too', async () => {
    const duty = { party: 'Licensee', duty: 'must', clause: '', heading: '' };
    await serve(
      {
        content: {
          obligations: [
            { ...duty, text: 'Licensee shall pay to Licensor a fee of $12,500.00' },
            { ...duty, text: 'Licensee shall dance.' },
          ],
        },
      },
      {
        content: {
          parties: [
            { name: 'Borealis GmbH', called: 'Licensee' },
            { name: 'Nobody Ltd', called: null },
          ],
          defined_terms: [],
          dates: [{ text: 'May 5, 1999', context: '' }],
          amounts: [{ text: '$12,500.00', context: '' }],
          governing_law: { text: 'Utopia', context: '' },
        },
      },
    );
    expect(await analyze('obligations')).toMatchObject({ obligations: [{ party: 'Licensee', page: 1 }] });
    expect(await analyze('key_terms')).toEqual({
      parties: [{ name: 'Borealis GmbH', called: 'Licensee', page: 1 }],
      defined_terms: [],
      dates: [],
      amounts: [{ text: '$12,500.00', context: '', page: 1 }],
      governing_law: null,
    });
  });

  it('and an answer of another form is asked for once more', async () => {
    const { asked } = await serve(
      { content: 'Here you are!' },
      { content: '```json\n{"title":null,"summary":"A licence."}\n```' },
    );
    expect(await analyze('summary')).toEqual({ title: null, summary: 'A licence.', sentences: [] });
    expect(asked[1]?.body.messages[0]?.content).toContain('Your last answer was refused');
  });

  it.each([
    ['gives another form', { content: { clauses: [] } }],
    ['refuses', { refusal: 'I cannot help with that.' }],
  ])('and fails as model_answer_invalid if it %s twice', async (_, reply) => {
    await serve(reply, reply);
    const error = await analyze('ip_clauses').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({ code: 'model_answer_invalid' });
  });

  it('and an error of its server is an ordinary error, which is retried, without the key', async () => {
    const { asked } = await serve({ status: 401, body: { error: { message: `Incorrect API key: ${KEY}` } } });
    const error = (await analyze('summary').catch((thrown: unknown) => thrown)) as Error;
    expect(error).not.toBeInstanceOf(TaskError);
    expect(error.message).toBe('the model could not be asked: 401 Incorrect API key: [OPENAI_API_KEY]');
    expect(JSON.stringify(error)).not.toContain(KEY);
    expect(asked).toHaveLength(1);
  });

  it('until the task is cancelled', async () => {
    const { asked } = await serve({ silent: true });
    const task = makeTask(license);
    const run = analyze('summary', {}, task);
    run.catch(() => undefined);
    await waitFor(() => asked.length === 1);
    task.abort(new Error('cancelled by the client'));
    await expect(run).rejects.toThrow('cancelled by the client');
  });

  it('and its time is limited', async () => {
    await serve({ silent: true });
    await expect(analyze('summary', { modelTimeoutMs: 200 })).rejects.toThrow('the model could not be asked');
  });
});

describe('no model is asked', () => {
  it('where the config says `model: false`, and for statistics', async () => {
    const { asked } = await serve();
    expect(await analyze('ip_clauses', { model: false })).toMatchObject({
      ip_clauses: [{ clause: '2.1' }, {}, {}],
    });
    expect(await analyze('statistics')).toMatchObject({ pages: 3 });
    expect(asked).toEqual([]);
  });
});
