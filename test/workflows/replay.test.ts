// Tests that a change to a workflow does not break runs that were started before the change.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { createDataConverter } from '../../src/temporal/data-converter.ts';
import { recordedCodec } from '../support/recorded-codec.ts';
import { KEY } from '../support/surehook.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const files = readdirSync(path('../histories')).filter((file) => file.endsWith('.json'));

Runtime.install({ logger: new DefaultLogger('ERROR') });

it('every recorded history replays on the bundle that workers load', async () => {
  const histories = files.map((file) => {
    const history = historyFromJSON(JSON.parse(readFileSync(path(`../histories/${file}`), 'utf8')));
    // A workflow makes the id of its dead letter from its own id, so the replay needs the recorded id.
    const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? file;
    return { workflowId, history };
  });
  const options = {
    workflowBundle: { codePath: path('../../dist/workflow-bundle.js') },
    dataConverter: createDataConverter(recordedCodec(KEY)),
  };
  const ids = histories.map(({ workflowId }) => workflowId);
  const results: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    results.push(`${workflowId}: ${error ?? 'ok'}`);
  }
  expect(results.sort()).toEqual(ids.map((id) => `${id}: ok`).sort());
  expect(files.length).toBeGreaterThanOrEqual(32);
});
