import { createTransport } from "nodemailer";
import { pause } from "../base/clock.ts";
import { webhookHeaders } from "../base/webhook-signature.ts";
import type { AlertChannel } from "../config/index.ts";
import { Connections, post } from "../subscribers/index.ts";
import type { NoticeContent } from "./store.ts";
import { plainText, slackBody, standardBody, subjectOf, teamsBody } from "./words.ts";

/** Each step of a mail has its limit, and so has all of it: a server may answer byte by byte. */
const MAIL_STEP_WITHIN_MS = 10_000;
const MAIL_WITHIN_MS = 30_000;
const ERROR_LENGTH_MAX = 300;

/** One notice for one channel; its id stays the same over all tries. */
export type Message = Readonly<{ id: string; content: NoticeContent }>;

/**
 * Sends a message once, within half a minute.
 *
 * @returns why the channel did not take it; undefined when it did
 */
export async function sendTo(
  channel: AlertChannel,
  message: Message,
  signal: AbortSignal,
): Promise<string | undefined> {
  const problem =
    channel.type === "mail"
      ? await mail(channel, message, signal)
      : await call(channel, message, signal);
  return problem?.slice(0, ERROR_LENGTH_MAX);
}

type MailChannel = Extract<AlertChannel, { type: "mail" }>;

async function mail(
  channel: MailChannel,
  { id, content }: Message,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { host, port, tls, user, password, from, to } = channel;
  const transport = createTransport({
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    connectionTimeout: MAIL_STEP_WITHIN_MS,
    greetingTimeout: MAIL_STEP_WITHIN_MS,
    socketTimeout: MAIL_STEP_WITHIN_MS,
    dnsTimeout: MAIL_STEP_WITHIN_MS,
    ...(user === undefined ? {} : { auth: { user, pass: password?.reveal() ?? "" } }),
  });
  const sent = transport.sendMail({
    from,
    to: [...to],
    subject: subjectOf(content),
    text: plainText(content),
    messageId: `<${id}@slipway.invalid>`,
    headers: { "auto-submitted": "auto-generated" },
  });
  const over = new AbortController();
  try {
    return await Promise.race([
      sent.then(
        () => undefined,
        (thrown: unknown) => `${host}:${port}: ${wordsOf(thrown)}`,
      ),
      pause(MAIL_WITHIN_MS, AbortSignal.any([signal, over.signal])).then(
        () => `the mail was not taken within ${MAIL_WITHIN_MS / 1_000} s`,
      ),
    ]);
  } finally {
    over.abort();
    transport.close();
  }
}

type CalledChannel = Exclude<AlertChannel, MailChannel>;

async function call(
  channel: CalledChannel,
  { id, content }: Message,
  signal: AbortSignal,
): Promise<string | undefined> {
  const connections = new Connections();
  try {
    const url = new URL(channel.type === "webhook" ? channel.url : channel.url.reveal());
    const { headers, body } = requestOf(channel, { id, content });
    const result = await post(connections, { url, headers, body, signal });
    return result.isTaken ? undefined : result.error;
  } finally {
    connections.close();
  }
}

function requestOf(
  channel: CalledChannel,
  { id, content }: Message,
): Readonly<{ headers: Record<string, string>; body: string }> {
  switch (channel.type) {
    case "slack":
      return { headers: {}, body: slackBody(content) };
    case "teams":
      return { headers: {}, body: teamsBody(content) };
    case "webhook": {
      const sentAt = new Date();
      const body = standardBody(content, sentAt);
      return { headers: webhookHeaders(channel.secret.reveal(), { id, sentAt, body }), body };
    }
  }
}

/** What a mail server says never holds the password, but may be long. */
function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}
