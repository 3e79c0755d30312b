// Sources of several schemes: signed by headers, in the body, in the URL, over the URL, and by a provider alone.
import { defineConfig, type Handler, secret } from 'surehook';

const note: Handler = async ({ id, type }) => ({ id, type });
const of = <const Scheme extends string>(scheme: Scheme, name = 'TEXT_SECRET') => ({
  verify: { scheme, secrets: [secret(name)] },
  handlers: { '*': note },
});

export default defineConfig({
  sources: {
    stripe: of('stripe'),
    shopify: of('shopify'),
    linear: of('linear'),
    clerk: of('clerk'),
    gitlab: of('gitlab'),
    twilio: of('twilio'),
    slack: of('slack'),
    commands: of('slack'),
    square: of('square'),
    hubspot: of('hubspot'),
    mailgun: of('mailgun'),
    adyen: of('adyen', 'HEX_SECRET'),
    whatsapp: of('whatsapp'),
    gocardless: of('gocardless'),
    cloudevents: of('cloudevents'),
    discord: of('discord', 'DISCORD_KEY'),
  },
});
