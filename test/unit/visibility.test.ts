// Tests the reading of rows, and the making of queries, of Temporal's visibility.
import proto from '@temporalio/proto';
import { expect, it } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/search-attributes.ts';
import { eventTypeOf, filterConditions, quote, statusName, toTime } from '../../src/temporal/visibility.ts';

it("each status of a run has the SDK's name, and an unknown status is named UNKNOWN", () => {
  const codes = Object.entries(proto.temporal.api.enums.v1.WorkflowExecutionStatus);
  const named = codes.filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  expect(named.length).toBeGreaterThan(7);
  for (const [name, status] of named) {
    const ofProto = name.replace('WORKFLOW_EXECUTION_STATUS_', '');
    const ofSdk = ofProto === 'CANCELED' ? 'CANCELLED' : ofProto;
    expect(statusName({ status })).toBe(ofSdk);
  }
  expect([statusName({}), statusName({ status: 99 as never })]).toEqual(['UNSPECIFIED', 'UNKNOWN']);
});

it('the type of an event is read from its search attribute; a workflow that is not an event has no type', () => {
  const { name } = SEARCH_ATTRIBUTES.eventType;
  const row = { searchAttributes: { indexedFields: { [name]: { data: Buffer.from('"order.paid"') } } } };
  expect([eventTypeOf(row), eventTypeOf({})]).toEqual(['order.paid', null]);
});

it('quotes and backslashes in a string are escaped', () => {
  expect(quote("it's a \\")).toBe("'it\\'s a \\\\'");
});

it('a filter becomes one condition for each of its fields', () => {
  expect(filterConditions({})).toEqual([]);
  const since = '2026-01-31T12:00:00Z';
  expect(filterConditions({ source: 'partner', type: 'a', since, until: since })).toEqual([
    "WebhookSource = 'partner'",
    "WebhookEventType = 'a'",
    `StartTime >= '${since}'`,
    `StartTime < '${since}'`,
  ]);
});

it('a time is formatted as RFC 3339 with milliseconds', () => {
  const seconds = 1_769_860_800 as never; // protobuf gives a Long or a number
  expect(toTime({ seconds, nanos: 250_000_000 })).toBe('2026-01-31T12:00:00.250Z');
  expect(toTime(undefined)).toBeNull();
});
