// Samples of tools of developers: Linear, PagerDuty, Clerk and OpenAI.
import type { SamplesByScheme } from './sample.ts';

/** https://linear.app/developers/webhooks */
const LINEAR_ACTOR = {
  id: 'b5ea5f1f-8adc-4f52-b4bd-ab4e84cf51ba',
  type: 'user',
  name: 'Ada Example',
  email: 'ada@example.com',
  url: 'https://linear.app/example/profiles/ada',
};
const LINEAR_ISSUE = {
  id: '539068e2-ae88-4d09-bd75-22eb4a59612f',
  createdAt: '2026-11-26T09:40:00.000Z',
  updatedAt: '2026-11-26T09:44:58.000Z',
  number: 17,
  title: 'Retry when the bank is away',
  priority: 2,
  priorityLabel: 'High',
  sortOrder: -84.5,
  labelIds: [],
  teamId: '72b2a2dc-6f4f-4423-9d34-24b5bd10634a',
  stateId: 'f2b9d6a0-1c3e-4b5d-8f70-9a1b2c3d4e5f',
  creatorId: LINEAR_ACTOR.id,
  description: 'A refusal of ten minutes must not lose an order.',
  identifier: 'ENG-17',
  url: 'https://linear.app/example/issue/ENG-17/retry-when-the-bank-is-away',
  state: {
    id: 'f2b9d6a0-1c3e-4b5d-8f70-9a1b2c3d4e5f',
    color: '#f2c94c',
    name: 'In Progress',
    type: 'started',
  },
  team: { id: '72b2a2dc-6f4f-4423-9d34-24b5bd10634a', key: 'ENG', name: 'Engineering' },
};
const linearSample = (type: string, delivery: string, body: object) => ({
  name: type,
  headers: { 'user-agent': 'Linear-Webhook', 'linear-delivery': delivery, 'linear-event': type },
  sentAtMs: 'webhookTimestamp',
  json: {
    type,
    actor: LINEAR_ACTOR,
    createdAt: '2026-11-26T09:44:58.000Z',
    ...body,
    organizationId: '9ce72b16-9f3e-4b1a-8f6d-0c5a7e2d4b93',
    webhookTimestamp: 1764150298000,
    webhookId: '000042e3-d123-4980-b49f-8e140eef9329',
  },
});

const LINEAR: SamplesByScheme = {
  linear: [
    linearSample('Issue', '234d1a4e-b617-4388-90fe-adc3633d6b72', {
      action: 'update',
      data: LINEAR_ISSUE,
      updatedFrom: { updatedAt: '2026-11-26T09:40:00.000Z', stateId: '0c7a51d8-2e9f-4a3b-b6c4-5d6e7f809112' },
      url: LINEAR_ISSUE.url,
    }),
    linearSample('Comment', '5c6d7e8f-9012-4a3b-8c4d-5e6f70819203', {
      action: 'create',
      data: {
        id: '2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9',
        createdAt: '2026-11-26T09:44:57.500Z',
        updatedAt: '2026-11-26T09:44:57.500Z',
        body: 'Seen again this morning.',
        edited: false,
        issueId: LINEAR_ISSUE.id,
        userId: LINEAR_ACTOR.id,
        issue: {
          id: LINEAR_ISSUE.id,
          title: LINEAR_ISSUE.title,
          identifier: 'ENG-17',
          url: LINEAR_ISSUE.url,
        },
        user: { id: LINEAR_ACTOR.id, name: LINEAR_ACTOR.name, email: LINEAR_ACTOR.email },
      },
      url: `${LINEAR_ISSUE.url}#comment-2174add1`,
    }),
    linearSample('Project', '6d7e8f90-1223-4b4c-9d5e-6f7081920314', {
      action: 'create',
      data: {
        id: '8a6f1c3e-5b7d-4e9f-a0b1-c2d3e4f50617',
        createdAt: '2026-11-26T09:44:57.000Z',
        updatedAt: '2026-11-26T09:44:57.000Z',
        name: 'Payments',
        description: '',
        slugId: 'c2d3e4f50617',
        color: '#bec2c8',
        creatorId: LINEAR_ACTOR.id,
        teamIds: [LINEAR_ISSUE.teamId],
        memberIds: [LINEAR_ACTOR.id],
        progress: 0,
        url: 'https://linear.app/example/project/payments-c2d3e4f50617',
      },
      url: 'https://linear.app/example/project/payments-c2d3e4f50617',
    }),
  ],
};

/** https://developer.pagerduty.com/docs/webhooks/webhooks-overview/ */
const reference = (type: string, id: string, summary: string) => ({
  html_url: `https://example.pagerduty.com/${type.replace('_reference', '')}s/${id}`,
  id,
  self: `https://api.pagerduty.com/${type.replace('_reference', '')}s/${id}`,
  summary,
  type,
});
const pagerdutySample = (action: string, id: string, data: object) => ({
  name: `incident.${action}`,
  headers: { 'user-agent': 'PagerDuty-Webhook/V3.0', 'x-webhook-subscription': 'PWHSUB1' },
  json: {
    event: {
      id,
      event_type: `incident.${action}`,
      resource_type: 'incident',
      occurred_at: '2026-11-26T09:44:58.000Z',
      agent: reference('user_reference', 'PTUXL6G', 'Ada Example'),
      client: null,
      data: {
        html_url: 'https://example.pagerduty.com/incidents/PGR0VU2',
        id: 'PGR0VU2',
        type: 'incident',
        self: 'https://api.pagerduty.com/incidents/PGR0VU2',
        number: 17,
        incident_key: 'd3640fbd41094207a1c11e58e46b1662',
        created_at: '2026-11-26T09:44:55Z',
        title: 'The queue of payments grows',
        service: reference('service_reference', 'PF9KMXH', 'Payments'),
        escalation_policy: reference('escalation_policy_reference', 'PUS0KTE', 'Default'),
        teams: [reference('team_reference', 'PFCVPS0', 'Engineering')],
        priority: reference('priority_reference', 'PSO75BM', 'P1'),
        urgency: 'high',
        conference_bridge: null,
        resolve_reason: null,
        ...data,
      },
    },
  },
});

const PAGERDUTY: SamplesByScheme = {
  pagerduty: [
    pagerdutySample('triggered', '01CH754SM17TWPE2V2H4VPBRO7', {
      status: 'triggered',
      assignees: [reference('user_reference', 'PTUXL6G', 'Ada Example')],
    }),
    pagerdutySample('acknowledged', '01CH756B6FNX0K3Q6V8Y2ZTD4R', {
      status: 'acknowledged',
      assignees: [reference('user_reference', 'PTUXL6G', 'Ada Example')],
    }),
    pagerdutySample('resolved', '01CH757XQ94HJD6M5T7W1ECB0G', { status: 'resolved', assignees: [] }),
  ],
};

/** https://clerk.com/docs/guides/development/webhooks/overview */
const clerkSample = (type: string, id: string, data: object) => ({
  name: type,
  headers: { 'user-agent': 'Svix-Webhooks/1.84.0', 'svix-id': id },
  json: {
    data,
    event_attributes: {
      http_request: { client_ip: '192.0.2.77', user_agent: 'Mozilla/5.0 (X11; Linux x86_64)' },
    },
    instance_id: 'ins_2g7np7Hrk0SN6kj5EDMLDaKNL0S',
    object: 'event',
    timestamp: 1764150298122,
    type,
  },
});
const CLERK_USER = {
  backup_code_enabled: false,
  banned: false,
  create_organization_enabled: true,
  created_at: 1764150297900,
  delete_self_enabled: true,
  email_addresses: [
    {
      created_at: 1764150297880,
      email_address: 'ada@example.com',
      id: 'idn_35zX1mQ8cVnK4rTb7YwEpLsHd2G',
      linked_to: [],
      object: 'email_address',
      reserved: false,
      updated_at: 1764150297895,
      verification: { attempts: 1, expire_at: 1764150897880, status: 'verified', strategy: 'email_code' },
    },
  ],
  external_accounts: [],
  external_id: null,
  first_name: 'Ada',
  has_image: false,
  id: 'user_35zX1pK9sRfW6uNb3MvEqLyHt0J',
  image_url: 'https://img.example.com/ada.png',
  last_active_at: 1764150297900,
  last_name: 'Example',
  last_sign_in_at: null,
  locked: false,
  object: 'user',
  password_enabled: true,
  phone_numbers: [],
  primary_email_address_id: 'idn_35zX1mQ8cVnK4rTb7YwEpLsHd2G',
  private_metadata: {},
  public_metadata: {},
  two_factor_enabled: false,
  unsafe_metadata: {},
  updated_at: 1764150297990,
  username: null,
};

const CLERK: SamplesByScheme = {
  clerk: [
    clerkSample('user.created', 'msg_35zX1tDcVbN8mKqWp6RyHsLf4Ge', CLERK_USER),
    clerkSample('session.created', 'msg_35zX1vJwQkT3nYcZr9EpMxBa7Ud', {
      abandon_at: 1766742298000,
      actor: null,
      client_id: 'client_35zX1uPqLsV5wXbNm2KyGtRd8Hf',
      created_at: 1764150298000,
      expire_at: 1764755098000,
      id: 'sess_35zX1wAzQxS7eDcRf4VtGbYh0Nj',
      last_active_at: 1764150298000,
      object: 'session',
      status: 'active',
      updated_at: 1764150298050,
      user_id: CLERK_USER.id,
    }),
    clerkSample('organization.created', 'msg_35zX1yHnUjM2kIoLp8QaWsEd6Rf', {
      created_at: 1764150298000,
      created_by: CLERK_USER.id,
      has_image: false,
      id: 'org_35zX1xFgTyH6jKuIl1OpZaQs9Wd',
      image_url: 'https://img.example.com/example.png',
      max_allowed_memberships: 5,
      name: 'Example',
      object: 'organization',
      public_metadata: {},
      slug: 'example',
      updated_at: 1764150298000,
    }),
    clerkSample('user.deleted', 'msg_35zX20RtYuI4oPaSd7FgHjKl3Zx', {
      deleted: true,
      external_id: null,
      id: CLERK_USER.id,
      object: 'user',
    }),
  ],
};

/** https://platform.openai.com/docs/api-reference/webhook-events */
const openaiSample = (type: string, webhookId: string, id: string, subject: string) => ({
  name: type,
  headers: {
    'user-agent': 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)',
    'webhook-id': webhookId,
  },
  json: { id, object: 'event', created_at: 1764150298, type, data: { id: subject } },
});

const OPENAI: SamplesByScheme = {
  openai: [
    openaiSample(
      'response.completed',
      'wh_6926c85a1f3c8190a5b2d7e40c9f6183',
      'evt_6926c859d0a881908e7f3b6c2d15a094',
      'resp_6926c84fc2e8819f9d03b7a651e4c8f2',
    ),
    openaiSample(
      'batch.completed',
      'wh_6926c8b20e7481909c4d8f1a6b35e207',
      'evt_6926c8b1f59c8190b2e60d7a9483c1f5',
      'batch_6926c6e7a4d08190c85f2b9e1d7a3604',
    ),
    openaiSample(
      'fine_tuning.job.succeeded',
      'wh_6926c90f7ad28190e16b5c3d8f2094a7',
      'evt_6926c90ea8b481908d5c7e1f3a6b9204',
      'ftjob-Qr7VbN2mXcKw9TzLpYsHd5Ge',
    ),
    openaiSample(
      'response.failed',
      'wh_6926c95c3b8e8190f4a7d2e6059c1b83',
      'evt_6926c95b6d2a81909e3f8b1c7d4a0562',
      'resp_6926c94ea1d7819f8c5b3e7f2d9064a1',
    ),
  ],
};

export const DEVELOPER_SAMPLES: SamplesByScheme = { ...LINEAR, ...PAGERDUTY, ...CLERK, ...OPENAI };
