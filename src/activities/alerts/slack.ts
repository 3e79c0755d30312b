// An alert as a Slack message: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
import {
  type Alert,
  describeExample,
  endpointsOf,
  toExamples,
  toNextSteps,
  toSections,
  toTitle,
} from './alert.ts';

/** Slack's limits: https://docs.slack.dev/reference/block-kit/blocks */
const HEADER_MAX = 150;
const TEXT_MAX = 3_000;

/**
 * A message has at most a header, a section per kind, two of endpoints, one of examples and one of commands:
 * far below Slack's limit of 50 blocks.
 */
export function toSlackMessage(alert: Alert) {
  const title = toTitle(alert);
  const sections = toSections(alert).map(({ heading, lines }) =>
    toBlock(`*${toMrkdwn(heading)}*`, lines.map(toMrkdwn)),
  );
  const examples = toExamples(alert).map((example) => {
    const id = toMrkdwn(`${example.source} ${example.event_id}`);
    const link = example.url ? `<${toMrkdwn(example.url)}|${id}>` : id;
    return `• ${link}${toMrkdwn(describeExample(example))}`;
  });
  const next = toNextSteps(alert).map((command) => `\`${toMrkdwn(command)}\``);
  return {
    text: toMrkdwn(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: `${icon(alert)} ${title}`.slice(0, HEADER_MAX) } },
      ...sections,
      ...(examples.length > 0 ? [toBlock('*Examples*', examples)] : []),
      ...(next.length > 0 ? [toBlock('*Next*', next)] : []),
    ],
  };
}

function icon({ gathered }: Alert): string {
  if (gathered.dead_letter || gathered.expired || endpointsOf(gathered).down.length > 0) return '🔴';
  return gathered.expiring ? '🟠' : '🟢';
}

/** The block holds as many whole lines as fit. `verbatim`: Slack makes no links, channels or mentions out of plain text. */
function toBlock(heading: string, lines: string[]) {
  let text = heading;
  for (const line of lines) {
    if (text.length + 1 + line.length > TEXT_MAX - 2) {
      text += '\n…';
      break;
    }
    text += `\n${line}`;
  }
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

/** Slack's markup begins with these characters: https://docs.slack.dev/messaging/formatting-message-text */
function toMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
