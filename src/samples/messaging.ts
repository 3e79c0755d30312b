// Samples of chat and calls: Meta, WhatsApp, Discord, which alone can sign its events, and Zoom.
import type { SamplesByScheme } from './sample.ts';

/** https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples */
const whatsapp = (value: object) => ({
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '102290129340398',
      changes: [
        {
          value: {
            messaging_product: 'whatsapp',
            metadata: { display_phone_number: '14155550199', phone_number_id: '106540352242922' },
            ...value,
          },
          field: 'messages',
        },
      ],
    },
  ],
});
const WHATSAPP_TYPE = 'whatsapp_business_account:messages';
const CONTACTS = [{ profile: { name: 'Ada Example' }, wa_id: '14155550123' }];

const WHATSAPP: SamplesByScheme = {
  whatsapp: [
    {
      name: 'messages (text)',
      type: WHATSAPP_TYPE,
      json: whatsapp({
        contacts: CONTACTS,
        messages: [
          {
            from: '14155550123',
            id: 'wamid.HBgLMTQxNTU1NTAxMjMVAgASGBQzQTRCNjU4RjEyQUI2RDdFODkwMQA',
            timestamp: '1764150298',
            text: { body: 'Is my order on its way? A-17' },
            type: 'text',
          },
        ],
      }),
    },
    {
      name: 'messages (image)',
      type: WHATSAPP_TYPE,
      json: whatsapp({
        contacts: CONTACTS,
        messages: [
          {
            from: '14155550123',
            id: 'wamid.HBgLMTQxNTU1NTAxMjMVAgASGBQzQTdDMTlFMDU0RDhBQjJGNjMxNwA',
            timestamp: '1764150311',
            type: 'image',
            image: {
              caption: 'The pot is broken',
              mime_type: 'image/jpeg',
              sha256: 'SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=',
              id: '1003383421387256',
            },
          },
        ],
      }),
    },
    {
      name: 'messages (status)',
      type: WHATSAPP_TYPE,
      json: whatsapp({
        statuses: [
          {
            id: 'wamid.HBgLMTQxNTU1NTAxMjMVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA',
            status: 'delivered',
            timestamp: '1764150325',
            recipient_id: '14155550123',
            pricing: { billable: true, pricing_model: 'PMP', category: 'utility', type: 'regular' },
          },
        ],
      }),
    },
  ],
};

/** https://developers.facebook.com/docs/graph-api/webhooks/reference */
const META: SamplesByScheme = {
  meta: [
    {
      name: 'page:feed',
      fresh: 'entry.0.changes.0.value.post_id',
      json: {
        object: 'page',
        entry: [
          {
            id: '108041425206573',
            time: 1764150298,
            changes: [
              {
                value: {
                  from: { id: '1067280970047460', name: 'Ada Example' },
                  message: 'The new tea pots are here.',
                  post_id: '108041425206573_122098431760083417',
                  created_time: 1764150296,
                  item: 'status',
                  published: 1,
                  verb: 'add',
                },
                field: 'feed',
              },
            ],
          },
        ],
      },
    },
    {
      name: 'instagram:comments',
      fresh: 'entry.0.changes.0.value.id',
      json: {
        object: 'instagram',
        entry: [
          {
            id: '17841405822304914',
            time: 1764150298,
            changes: [
              {
                field: 'comments',
                value: {
                  id: '17865799348089039',
                  from: { id: '232323232', username: 'ada_example' },
                  media: { id: '17887498072083520', media_product_type: 'FEED' },
                  text: 'Does it come in blue, too?',
                },
              },
            ],
          },
        ],
      },
    },
    {
      name: 'page:leadgen',
      fresh: 'entry.0.changes.0.value.leadgen_id',
      json: {
        object: 'page',
        entry: [
          {
            id: '108041425206573',
            time: 1764150298,
            changes: [
              {
                field: 'leadgen',
                value: {
                  ad_id: '120206547118480562',
                  adgroup_id: '120206547118480451',
                  created_time: 1764150297,
                  form_id: '849325917214065',
                  leadgen_id: '1137412941284019',
                  page_id: '108041425206573',
                },
              },
            ],
          },
        ],
      },
    },
  ],
};

/** https://discord.com/developers/docs/events/webhook-events */
const discordSample = (type: string, data: object) => ({
  name: type,
  json: {
    version: 1,
    application_id: '1234560123453231555',
    type: 1,
    event: { type, timestamp: '2026-11-26T09:44:58.412630', data },
  },
});
const DISCORD_USER = {
  id: '937123456789012345',
  username: 'ada.example',
  avatar: null,
  discriminator: '0',
  global_name: 'Ada',
};

const DISCORD: SamplesByScheme = {
  discord: [
    discordSample('APPLICATION_AUTHORIZED', {
      integration_type: 1,
      scopes: ['applications.commands'],
      user: DISCORD_USER,
    }),
    discordSample('ENTITLEMENT_CREATE', {
      id: '1286402510153744435',
      sku_id: '1158857122189168803',
      application_id: '1234560123453231555',
      user_id: DISCORD_USER.id,
      type: 8,
      deleted: false,
      starts_at: '2026-11-26T09:44:57.000000+00:00',
      ends_at: '2026-12-26T09:44:57.000000+00:00',
      consumed: false,
    }),
    discordSample('APPLICATION_DEAUTHORIZED', { user: DISCORD_USER }),
  ],
};

/** https://developers.zoom.us/docs/api/meetings/events/ */
const ZOOM_MEETING = {
  id: '94612345678',
  uuid: '4444AAAiAAAAAiAiAiiAii==',
  host_id: 'x1yCzABCDEfg23HiJKl4mN',
  topic: 'Weekly',
  type: 8,
  start_time: '2026-11-26T09:30:00Z',
  timezone: 'Europe/Berlin',
  duration: 30,
};
const zoomSample = (event: string, eventTs: number, object: object) => ({
  name: event,
  fresh: 'event_ts',
  json: {
    event,
    event_ts: eventTs,
    payload: { account_id: 'AAAAAABBBB', object: { ...ZOOM_MEETING, ...object } },
  },
});

const ZOOM: SamplesByScheme = {
  zoom: [
    zoomSample('meeting.started', 1764150298412, {}),
    zoomSample('meeting.participant_joined', 1764150311902, {
      participant: {
        user_id: '16778240',
        user_name: 'Ada Example',
        email: 'ada@example.com',
        id: 'uLoRgfbbTayCX6r2Q_qQsQ',
        participant_uuid: '55555AAAiAAAAAiAiAiiAii',
        join_time: '2026-11-26T09:45:11Z',
        participant_user_id: 'rstuvwxyza-1234567890',
      },
    }),
    zoomSample('recording.completed', 1764152098004, {
      share_url: 'https://zoom.example.com/rec/share/4EhuKb',
      total_size: 3328371,
      recording_count: 1,
      recording_files: [
        {
          id: 'ed6c2f27-2ae7-42f4-b3d0-835b493e4fa8',
          meeting_id: ZOOM_MEETING.uuid,
          recording_start: '2026-11-26T09:31:04Z',
          recording_end: '2026-11-26T10:00:12Z',
          file_type: 'MP4',
          file_extension: 'MP4',
          file_size: 3328371,
          status: 'completed',
          recording_type: 'shared_screen_with_speaker_view',
        },
      ],
    }),
  ],
};

export const MESSAGING_SAMPLES: SamplesByScheme = { ...WHATSAPP, ...META, ...DISCORD, ...ZOOM };
