import { z } from "zod";
import { HubError } from "../base/errors.ts";
import { issueWords } from "../base/issue-words.ts";
import { isMap } from "./cross-checks.ts";
import { readSecretReference, type SecretSources } from "./open-secrets.ts";
import type { SettingsProblem } from "./problems.ts";
import { Secret } from "./secret.ts";
import { httpUrl, matching, oneOf, section, text, wholeNumber } from "./section.ts";

const secret = () => z.instanceof(Secret, { error: "is missing" });
const address = () =>
  matching(/^[^\s@<>,;]{1,64}@[^\s@<>,;]{1,255}$/, "must be one e-mail address, without a name");

const mailSchema = section({
  type: z.literal("mail"),
  host: text(255),
  port: wholeNumber(1, 65_535).default(587),
  tls: oneOf(["starttls", "implicit", "none"]).default("starttls"),
  user: text(255).optional(),
  password: secret().optional(),
  from: address(),
  to: z.array(address(), "must be a list of e-mail addresses").min(1, "must name somebody"),
});
const webhookSchema = section({
  type: z.literal("webhook"),
  url: httpUrl({ isPlainHttpLocalOnly: true }),
  secret: secret(),
});
const chatSchema = section({ type: oneOf(["slack", "teams"]), url: secret() });

const CHANNELS = {
  mail: mailSchema,
  webhook: webhookSchema,
  slack: chatSchema,
  teams: chatSchema,
} as const;
type ChannelType = keyof typeof CHANNELS;

const limitsSchema = section({
  backlog: wholeNumber(1, 10_080).default(15),
  "batch-wait": wholeNumber(1, 8_760).default(24),
  "disk-free": wholeNumber(1, 90).default(10),
  "dispute-evidence": wholeNumber(1, 60).default(5),
});

/** Where notices go: a mail server, a signed webhook, or the incoming webhook of a chat. */
export type AlertChannel = Readonly<
  { name: string } & (
    | z.output<typeof mailSchema>
    | z.output<typeof webhookSchema>
    | z.output<typeof chatSchema>
  )
>;

/**
 * The section `alerts` of the settings file. `limits.backlog` is in minutes, `limits.batchWait` in
 * hours, `limits.diskFree` in percent, `limits.disputeEvidence` in days.
 */
export type AlertSettings = Readonly<{
  channels: readonly AlertChannel[];
  limits: z.output<typeof limitsSchema>;
}>;

const EXAMPLES: Readonly<Record<string, string>> = {
  "": "alerts: {channels: {office: {type: mail, host: smtp.example.com, …}}}",
  type: "type: mail",
  host: "host: smtp.example.com",
  port: "port: 587",
  tls: "tls: starttls",
  user: "user: slipway",
  password: "password: env:SMTP_PASSWORD",
  from: "from: slipway@example.com",
  to: "to: [ar@example.com]",
  url: "url: https://pager.example.com/slipway",
  secret: "secret: env:ALERT_SECRET",
  backlog: "backlog: 15",
  "batch-wait": "batch-wait: 24",
  "disk-free": "disk-free: 10",
  "dispute-evidence": "dispute-evidence: 5",
};
/** The settings of a channel that are secrets; a chat's address is one too. */
const SECRETS: Readonly<Record<ChannelType, readonly string[]>> = {
  mail: ["password"],
  webhook: ["secret"],
  slack: ["url"],
  teams: ["url"],
};
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
/** Standard Webhooks asks for 24 to 64 bytes; fewer can be guessed. */
const KEY_BYTES_MIN = 24;

type Path = readonly (string | number)[];

/** Checks the section `alerts`; without it there are no channels, and the limits have defaults. */
export function checkAlerts(
  raw: unknown,
  sources: SecretSources,
): Readonly<{ alerts: AlertSettings; problems: readonly SettingsProblem[] }> {
  const problems: SettingsProblem[] = [];
  const report = (path: Path, rule: string, variable?: string) => {
    const key = String(path.findLast((part) => typeof part === "string") ?? "");
    const example = EXAMPLES[key] ?? EXAMPLES[""] ?? "";
    const problem = { path: ["alerts", ...path].join("."), rule, example };
    problems.push(variable === undefined ? problem : { ...problem, variable });
  };
  const tree = raw ?? {};
  if (!isMap(tree)) report([], "must be a map with `channels` and `limits`");
  const { channels = {}, limits = {}, ...others } = isMap(tree) ? tree : {};
  for (const key of Object.keys(others)) report([key], "is unknown; known here: channels, limits");
  if (!isMap(channels)) report(["channels"], "must be a map of channels by name");
  const read = { report, sources };
  const found = Object.entries(isMap(channels) ? channels : {}).flatMap(
    ([name, value]) => checkChannel(name, value, read) ?? [],
  );
  const checked = limitsSchema.safeParse(limits, { reportInput: true, error: issueWords });
  if (!checked.success) reportIssues(["limits"], checked.error.issues, report);
  const defaults = limitsSchema.parse({});
  return { alerts: { channels: found, limits: checked.data ?? defaults }, problems };
}

type Report = (path: Path, rule: string, variable?: string) => void;
type Reading = Readonly<{ report: Report; sources: SecretSources }>;

function checkChannel(name: string, raw: unknown, reading: Reading): AlertChannel | undefined {
  const { report } = reading;
  const at = ["channels", name];
  if (!NAME.test(name)) {
    report(at, "must be named with 1 to 32 lower-case letters, digits and hyphens");
  }
  const type = isMap(raw) ? raw.type : undefined;
  if (!isMap(raw) || !isChannelType(type)) {
    report([...at, "type"], `must be one of ${Object.keys(CHANNELS).join(", ")}`);
    return undefined;
  }
  const opened = openSecrets({ type, raw, at }, reading);
  const result = CHANNELS[type].safeParse(opened, { reportInput: true, error: issueWords });
  if (!result.success) {
    reportIssues(at, result.error.issues, report);
    return undefined;
  }
  const channel: AlertChannel = { name, ...result.data };
  for (const [path, rule] of problemsOf(channel)) report([...at, path], rule);
  return channel;
}

/** Rules that join settings of a channel, or that look into a secret. */
function* problemsOf(channel: AlertChannel): Iterable<readonly [string, string]> {
  if (channel.type === "mail") {
    const isLocal = ["127.0.0.1", "localhost", "::1"].includes(channel.host);
    if (channel.tls === "none" && !isLocal) {
      yield ["tls", "must not be none where the mail leaves this machine"];
    }
    if ((channel.user === undefined) !== (channel.password === undefined)) {
      yield ["password", "must stand together with user"];
    }
    return;
  }
  if (channel.type === "webhook") {
    const key = Buffer.from(channel.secret.reveal().replace(/^whsec_/, ""), "base64");
    if (key.length < KEY_BYTES_MIN) {
      yield ["secret", `must be ${KEY_BYTES_MIN} bytes or more in base64, after whsec_ or alone`];
    }
    return;
  }
  const checked = httpUrl({ isPlainHttpLocalOnly: true }).safeParse(channel.url.reveal());
  if (!checked.success) yield ["url", checked.error.issues[0]?.message ?? "must be a URL"];
}

function openSecrets(
  channel: { type: ChannelType; raw: Record<string, unknown>; at: Path },
  { report, sources }: Reading,
): Record<string, unknown> {
  const opened = { ...channel.raw };
  for (const name of SECRETS[channel.type]) {
    const value = opened[name];
    if (typeof value !== "string") continue;
    try {
      opened[name] = readSecretReference(value, sources);
    } catch (cause) {
      const variable = cause instanceof HubError ? cause.facts.variable : undefined;
      const rule = cause instanceof HubError ? cause.message : "cannot be read";
      report([...channel.at, name], rule, typeof variable === "string" ? variable : undefined);
      delete opened[name];
    }
  }
  return opened;
}

function reportIssues(at: Path, issues: readonly z.core.$ZodIssue[], report: Report): void {
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) report([...at, ...path, key], "is unknown here");
    } else {
      report([...at, ...path], issue.input === undefined ? "is missing" : issue.message);
    }
  }
}

function isChannelType(value: unknown): value is ChannelType {
  return typeof value === "string" && Object.hasOwn(CHANNELS, value);
}
