// The entry of the thread that parses large bodies. It runs our code only, so it needs no process of its own.
import { parentPort } from 'node:worker_threads';
import { HttpError } from '../http/errors.ts';
import type { FieldAnswer } from './field-reader.ts';
import { type FieldsCall, readFields } from './read-fields.ts';

parentPort?.on('message', async (call: FieldsCall) => {
  const answer = await look(call);
  // The body goes back as it came: it is moved, not copied.
  parentPort?.postMessage(answer, [answer.rawBody.buffer as ArrayBuffer]);
});

async function look(call: FieldsCall): Promise<FieldAnswer> {
  const { rawBody } = call;
  try {
    return { fields: await readFields(call), rawBody };
  } catch (error) {
    // Another error than ours ends the thread, and the request is answered 503.
    if (!(error instanceof HttpError)) throw error;
    return { refused: { code: error.code, detail: error.message }, rawBody };
  }
}
