// Samples of Slack: https://docs.slack.dev/apis/events-api/, and a slash command, which comes as a form.
import type { SamplesByScheme } from './sample.ts';

const ENVELOPE = {
  team_id: 'T061EG9R6',
  context_team_id: 'T061EG9R6',
  api_app_id: 'A0KRD7HC3',
  type: 'event_callback',
  event_time: 1764150298,
  authorizations: [
    {
      enterprise_id: null,
      team_id: 'T061EG9R6',
      user_id: 'U0KRQLJ9H',
      is_bot: true,
      is_enterprise_install: false,
    },
  ],
  is_ext_shared_channel: false,
};

const textOf = (text: string) => ({
  text,
  blocks: [
    {
      type: 'rich_text',
      block_id: 'gVZ3k',
      elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
    },
  ],
});

export const SLACK_SAMPLES: SamplesByScheme = {
  slack: [
    {
      name: 'app_mention',
      json: {
        ...ENVELOPE,
        event_id: 'Ev0PV52K25LM',
        event: {
          type: 'app_mention',
          user: 'U061F7AUR',
          ts: '1764150297.000200',
          client_msg_id: 'a7b1d0f2-3c4e-4f5a-8b6c-9d0e1f2a3b4c',
          ...textOf('<@U0KRQLJ9H> is the release out?'),
          team: 'T061EG9R6',
          channel: 'C0LAN2Q65',
          event_ts: '1764150297.000200',
        },
      },
    },
    {
      name: 'message',
      json: {
        ...ENVELOPE,
        event_id: 'Ev08MFMKH6QX',
        event: {
          type: 'message',
          channel: 'C0LAN2Q65',
          user: 'U061F7AUR',
          ts: '1764150298.000400',
          client_msg_id: 'c4d5e6f7-0819-4a2b-9c3d-4e5f60718293',
          ...textOf('The release is out.'),
          team: 'T061EG9R6',
          event_ts: '1764150298.000400',
          channel_type: 'channel',
        },
      },
    },
    {
      name: 'reaction_added',
      json: {
        ...ENVELOPE,
        event_id: 'Ev09QK3VN1TR',
        event: {
          type: 'reaction_added',
          user: 'U061F7AUR',
          reaction: 'tada',
          item: { type: 'message', channel: 'C0LAN2Q65', ts: '1764150298.000400' },
          item_user: 'U0KRQLJ9H',
          event_ts: '1764150299.000600',
        },
      },
    },
    {
      name: '/deploy',
      form: {
        token: 'deprecated',
        team_id: 'T061EG9R6',
        team_domain: 'example',
        channel_id: 'C0LAN2Q65',
        channel_name: 'releases',
        user_id: 'U061F7AUR',
        user_name: 'ada',
        command: '/deploy',
        text: 'api to staging',
        api_app_id: 'A0KRD7HC3',
        is_enterprise_install: 'false',
        response_url: 'https://slack.example.com/commands/T061EG9R6/96423',
        trigger_id: '1346728934567.6048552390.a1b2c3d4e5f60718293a4b5c6d7e8f90',
      },
    },
  ],
};
