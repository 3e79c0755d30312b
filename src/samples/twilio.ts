// Samples of Twilio: https://www.twilio.com/docs/messaging/guides/webhook-request, https://www.twilio.com/docs/voice/twiml
import type { SamplesByScheme } from './sample.ts';

const ACCOUNT = 'AC0123456789abcdef0123456789abcdef';
const [CUSTOMER, OURS] = ['+14155550123', '+14155550199'];
const headersOf = (token: string) => ({
  'user-agent': 'TwilioProxy/1.1',
  'i-twilio-idempotency-token': token,
});

export const TWILIO_SAMPLES: SamplesByScheme = {
  twilio: [
    {
      name: 'received',
      headers: headersOf('7a1b0c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3'),
      form: {
        ToCountry: 'US',
        ToState: 'CA',
        SmsMessageSid: 'SM8b5a0f3e9c1d47a2b6e80f1d2c3b4a59',
        NumMedia: '0',
        ToCity: 'SAN FRANCISCO',
        FromZip: '94105',
        SmsSid: 'SM8b5a0f3e9c1d47a2b6e80f1d2c3b4a59',
        FromState: 'CA',
        SmsStatus: 'received',
        FromCity: 'SAN FRANCISCO',
        Body: 'Is my order on its way? A-17',
        FromCountry: 'US',
        To: OURS,
        ToZip: '94103',
        NumSegments: '1',
        MessageSid: 'SM8b5a0f3e9c1d47a2b6e80f1d2c3b4a59',
        AccountSid: ACCOUNT,
        From: CUSTOMER,
        ApiVersion: '2010-04-01',
      },
    },
    {
      name: 'delivered',
      headers: headersOf('0f1e2d3c-4b5a-4697-8877-665544332211'),
      form: {
        SmsSid: 'SM2c4e6a8b0d1f3a5c7e9b0d2f4a6c8e0b',
        SmsStatus: 'delivered',
        MessageStatus: 'delivered',
        To: CUSTOMER,
        MessageSid: 'SM2c4e6a8b0d1f3a5c7e9b0d2f4a6c8e0b',
        AccountSid: ACCOUNT,
        From: OURS,
        RawDlrDoneDate: '2611260945',
        ApiVersion: '2010-04-01',
      },
    },
    {
      name: 'completed',
      headers: headersOf('5d6e7f80-91a2-4b3c-8d4e-5f60718293a4'),
      form: {
        Called: OURS,
        CallerState: 'CA',
        Direction: 'inbound',
        CallbackSource: 'call-progress-events',
        Timestamp: 'Thu, 26 Nov 2026 09:44:58 +0000',
        CallDuration: '42',
        Duration: '1',
        CallSid: 'CA9f8e7d6c5b4a39281706f5e4d3c2b1a0',
        CallStatus: 'completed',
        From: CUSTOMER,
        To: OURS,
        SequenceNumber: '0',
        AccountSid: ACCOUNT,
        ApiVersion: '2010-04-01',
      },
    },
  ],
};
