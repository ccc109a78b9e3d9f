import { expect, test } from "vitest";
import { checkAlerts } from "./alerts.ts";

const ENV = {
  SMTP_PASSWORD: "pass word",
  ALERT_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  SHORT: Buffer.alloc(8).toString("base64"),
  SLACK_URL: "https://hooks.slack.com/services/T0/B0/x",
};
const SOURCES = { env: ENV, key: () => new Uint8Array(32) };
const OFFICE = {
  type: "mail",
  host: "smtp.example.com",
  user: "slipway",
  password: "env:SMTP_PASSWORD",
  from: "slipway@example.com",
  to: ["ar@example.com"],
};
const check = (raw: unknown) => checkAlerts(raw, SOURCES);
const withChannel = (change: object, base: object = OFFICE) =>
  check({ channels: { office: { ...base, ...change } } });

test("without the section nobody is told, and the limits have their defaults", () => {
  expect(check(undefined)).toEqual({
    alerts: {
      channels: [],
      limits: { backlog: 15, batchWait: 24, diskFree: 10, disputeEvidence: 5 },
    },
    problems: [],
  });
});

test("channels of each kind are read, their secrets from the environment", () => {
  const { alerts, problems } = check({
    channels: {
      office: OFFICE,
      pager: { type: "webhook", url: "https://pager.example.com/x", secret: "env:ALERT_SECRET" },
      chat: { type: "slack", url: "env:SLACK_URL" },
    },
    limits: { backlog: 5 },
  });

  expect(problems).toEqual([]);
  expect(alerts.limits).toEqual({ backlog: 5, batchWait: 24, diskFree: 10, disputeEvidence: 5 });
  expect(alerts.channels.map(({ name, type }) => [name, type])).toEqual([
    ["office", "mail"],
    ["pager", "webhook"],
    ["chat", "slack"],
  ]);
  expect(alerts.channels[0]).toMatchObject({ port: 587, tls: "starttls" });
  expect(JSON.stringify(alerts)).not.toContain("pass word");
});

const PAGER = { type: "webhook", url: "https://pager.example.com", secret: "env:ALERT_SECRET" };

test.each([
  ["a plain password", { password: "secret1" }, OFFICE, "password must not be written plainly"],
  ["a variable that is not set", { password: "env:NOWHERE" }, OFFICE, "password names NOWHERE"],
  ["a user without a password", { password: undefined }, OFFICE, "password must stand together"],
  ["mail without TLS over the net", { tls: "none" }, OFFICE, "tls must not be none"],
  ["two addresses in one", { to: ["a@x.de, b@x.de"] }, OFFICE, "to.0 must be one e-mail address"],
  ["nobody to tell", { to: [] }, OFFICE, "to must name somebody"],
  ["no server", { host: undefined }, OFFICE, "host is missing"],
  ["a setting of another kind", { url: "https://x.de" }, OFFICE, "url is unknown here"],
  [
    "an unknown kind",
    { type: "pigeon" },
    OFFICE,
    "type must be one of mail, webhook, slack, teams",
  ],
  ["a short secret", { secret: "env:SHORT" }, PAGER, "secret must be 24 bytes or more"],
  ["plain http over the net", { url: "http://x.de" }, PAGER, "url must"],
  [
    "a chat's address written plainly",
    { type: "slack", url: "https://x.de" },
    {},
    "url must not be",
  ],
])("%s is refused by name, with an example", (_what, change, base, words) => {
  const { problems } = withChannel(change, base);

  const told = problems.map(({ path, rule }) => `${path} ${rule}`);
  expect(told.join("\n")).toContain(`alerts.channels.office.${words}`);
  expect(problems.every(({ example }) => example !== "")).toBe(true);
});

test("unknown parts and wrong limits are refused", () => {
  const { problems } = check({ channel: {}, limits: { "disk-free": 0 } });

  expect(problems.map(({ path }) => path)).toEqual(["alerts.channel", "alerts.limits.disk-free"]);
});
