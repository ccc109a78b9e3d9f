import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AlertChannel, Secret } from "../config/index.ts";
import { sendTo } from "./send.ts";
import type { NoticeContent } from "./store.ts";
import {
  type HttpReceiver,
  type MailReceiver,
  openHttpReceiver,
  openMailReceiver,
} from "./testing/receivers.ts";

const CONTENT: NoticeContent = {
  kind: "opened",
  rule: "parked",
  pair: "acme-us",
  key: "mapping.item_default_missing",
  title: "12 runs wait for a person: no item\r\nBcc: all@example.com <b>",
  cure: "Set item.default, then resume.",
  records: ["case 12 pi_1", "case 11 pi_2"],
  count: 12,
  openedAt: "2026-11-23T10:00:00.000Z",
  resolvedAt: null,
};
const MESSAGE = { id: "msg_TEST_1", content: CONTENT };
const KEY = Buffer.from("a key of at least 24 bytes for a test");

let http: HttpReceiver;
let smtp: MailReceiver;

beforeAll(async () => {
  http = await openHttpReceiver();
  smtp = await openMailReceiver();
});
beforeEach(() => {
  http.got.length = 0;
  smtp.mails.length = 0;
});
afterAll(async () => {
  await http.close();
  await smtp.close();
});

const send = (channel: AlertChannel, content = CONTENT) =>
  sendTo(channel, { ...MESSAGE, content }, new AbortController().signal);

const aWebhook = (url: string): AlertChannel => {
  const secret = new Secret(`whsec_${KEY.toString("base64")}`);
  return { name: "pager", type: "webhook", url, secret };
};
const aMail = (port: number): AlertChannel => ({
  name: "office",
  type: "mail",
  host: "127.0.0.1",
  port,
  tls: "none",
  user: "slipway",
  password: new Secret("pass word"),
  from: "slipway@example.com",
  to: ["ar@example.com", "it@example.com"],
});
const aChat = (type: "slack" | "teams"): AlertChannel => {
  return { name: type, type, url: new Secret(http.url) };
};
const bodyOf = <T>() => JSON.parse(http.got[0]?.body ?? "null") as T;

describe("a signed webhook", () => {
  test("carries the notice, and a signature that its receiver can check", async () => {
    expect(await send(aWebhook(http.url))).toBeUndefined();

    const { headers = {}, body = "" } = http.got[0] ?? {};
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const signature = createHmac("sha256", KEY).update(signed).digest("base64");
    expect(headers).toMatchObject({
      "webhook-id": "msg_TEST_1",
      "webhook-signature": `v1,${signature}`,
    });
    expect(bodyOf()).toMatchObject({
      type: "alert.opened",
      data: { pair: "acme-us", rule: "parked", count: 12, cure: CONTENT.cure },
    });
  });

  test.each([
    [500, "answered 500"],
    [302, "answered 302, and no redirect is followed"],
  ])("that is answered %s is not taken", async (status, problem) => {
    http.answers.push(status);

    expect(await send(aWebhook(http.url))).toBe(problem);
  });

  test("to where nobody listens is not taken, and says so", async () => {
    const gone = await openHttpReceiver();
    await gone.close();

    expect(await send(aWebhook(gone.url))).toContain("ECONNREFUSED");
  });
});

test("a message for Slack is one text with its marks escaped", async () => {
  await send(aChat("slack"));

  const { text } = bodyOf<{ text: string }>();
  expect(text).toContain("*acme-us: 12 runs wait for a person: no item Bcc: all@example.com");
  expect(text).toContain("&lt;b&gt;");
  expect(text).toContain("About: case 12 pi_1, case 11 pi_2 and 10 more");
});

test("a message for Teams is an Adaptive Card with headline, cure and records", async () => {
  await send(aChat("teams"));

  const { attachments } = bodyOf<{ attachments: { contentType: string; content: Card }[] }>();
  const [card] = attachments;
  const texts = card?.content.body.map((block) => block.text) ?? [];
  expect(card?.contentType).toBe("application/vnd.microsoft.card.adaptive");
  expect(texts[0]).toContain("12 runs wait");
  expect(texts[1]).toBe("What to do: Set item.default, then resume.");
});

type Card = Readonly<{ body: { text: string }[] }>;

describe("a mail", () => {
  test("goes to all, with user and password, and what others wrote makes no header", async () => {
    expect(await send(aMail(smtp.port))).toBeUndefined();

    const [mail = ""] = smtp.mails;
    const [head = ""] = mail.split("\n\n");
    expect(smtp.recipients).toEqual(["ar@example.com", "it@example.com"]);
    expect(smtp.logins).toEqual(["slipway pass word"]);
    expect(head).toContain("Subject: [Slipway] acme-us: 12 runs wait");
    expect(head).toContain("Message-ID: <msg_TEST_1@slipway.invalid>");
    expect(head).not.toMatch(/^Bcc:/m);
    expect(mail).toContain("What to do: Set item.default, then resume.");
  });

  test("says that a trouble is over, and no cure", async () => {
    const resolvedAt = "2026-11-23T12:00:00.000Z";

    await send(aMail(smtp.port), { ...CONTENT, kind: "resolved", resolvedAt });

    const [mail = ""] = smtp.mails;
    expect(mail).toContain("Subject: [Slipway] over: acme-us");
    expect(mail).not.toContain("What to do");
  });

  test("that the server refuses is not taken, in the server's words", async () => {
    const strict = await openMailReceiver({ refuse: "550 no such mailbox here" });

    const problem = await send(aMail(strict.port));

    await strict.close();
    expect(problem).toContain("no such mailbox here");
    expect(problem).not.toContain("pass word");
  });

  test("is not sent unencrypted where the settings ask for TLS", async () => {
    const problem = await send({ ...aMail(smtp.port), tls: "starttls" } as AlertChannel);

    expect(problem).toMatch(/STARTTLS|TLS/i);
    expect(smtp.mails).toEqual([]);
  });
});
