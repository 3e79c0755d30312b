// A real SMTP server that keeps the mails it gets, asks for a password, and refuses mails while a test says so.
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export const MAIL_USER = 'surehook@example.com';
export const MAIL_PASSWORD = 'p@ss:word/of the mail';

export interface Mail {
  from: string;
  to: string[];
  /** The mail as it came, but with line breaks as `\n`. */
  raw: string;
  headers: Map<string, string>;
  body: string;
}

export class MailServer {
  readonly mails: Mail[] = [];
  /** While this is set, such as to 451, each mail is refused with this code. */
  refuseWith: number | undefined;
  /** Recipients that the server refuses as unknown. */
  readonly unknown = new Set<string>();
  readonly url: string;
  readonly #server: SMTPServer;

  private constructor(server: SMTPServer, listener: Server, user: string) {
    this.#server = server;
    const { port } = listener.address() as { port: number };
    this.url = `smtp://${encodeURIComponent(user)}:${encodeURIComponent(MAIL_PASSWORD)}@127.0.0.1:${port}`;
  }

  static async start({ user = MAIL_USER } = {}): Promise<MailServer> {
    const server: SMTPServer = new SMTPServer({
      disabledCommands: ['STARTTLS'], // nodemailer would refuse the self-signed certificate
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) => {
        if (username === MAIL_USER && password === MAIL_PASSWORD) done(null, { user: username });
        else done(new Error('wrong user or password'));
      },
      onRcptTo: ({ address }, _session, done) => {
        if (!started.unknown.has(address)) return done();
        done(Object.assign(new Error('no such user'), { responseCode: 550 }));
      },
      onData: (stream, session, done) => {
        text(stream).then((raw) => {
          const code = started.refuseWith;
          if (code) return done(Object.assign(new Error('try again later'), { responseCode: code }));
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom ? mailFrom.address : '';
          started.mails.push({ from, to: rcptTo.map(({ address }) => address), ...parse(raw) });
          done();
        }, done);
      },
    });
    server.on('error', () => undefined);
    const listener: Server = await new Promise((resolve) => {
      const listening: Server = server.listen(0, '127.0.0.1', () => resolve(listening));
    });
    const started: MailServer = new MailServer(server, listener, user);
    return started;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}

/**
 * Parses as much of RFC 5322 as mails of plain ASCII text need: headers, which may be folded, an empty line,
 * the body.
 */
function parse(text: string): Pick<Mail, 'raw' | 'headers' | 'body'> {
  const raw = text.replaceAll('\r\n', '\n');
  const end = raw.indexOf('\n\n');
  const lines = raw
    .slice(0, end)
    .replaceAll(/\n[ \t]+/g, ' ')
    .split('\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { raw, headers: new Map(headers), body: raw.slice(end + 2) };
}
