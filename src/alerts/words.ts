import type { NoticeContent, NoticeKind } from "./store.ts";

const PREFIX: Readonly<Record<NoticeKind, string>> = {
  opened: "",
  repeated: "still: ",
  resolved: "over: ",
  test: "TEST, nothing is wrong: ",
};

/** Long texts of SL or Stripe would break a subject line or a card. */
const TITLE_LENGTH_MAX = 300;
const SUBJECT_LENGTH_MAX = 120;

/** The notice in one line: what, where, and whether it is new, still so, or over. */
function headline({ kind, pair, title }: NoticeContent): string {
  const where = pair === "" ? "" : `${pair}: `;
  return `${PREFIX[kind]}${where}${cut(oneLine(title), TITLE_LENGTH_MAX)}`;
}

/** The subject of a mail. */
export function subjectOf(content: NoticeContent): string {
  return cut(`[Slipway] ${headline(content)}`, SUBJECT_LENGTH_MAX);
}

/** The notice as plain text: headline, cure, records, and since when. */
export function plainText(content: NoticeContent): string {
  return [headline(content), "", ...details(content)].join("\n");
}

/** The body of a signed webhook, as Standard Webhooks lays it out. */
export function standardBody(content: NoticeContent, at: Date): string {
  const { kind, ...data } = content;
  return JSON.stringify({ type: `alert.${kind}`, timestamp: at.toISOString(), data });
}

/** The body of Slack's incoming webhook. */
export function slackBody(content: NoticeContent): string {
  const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const lines = details(content).map(escaped);
  const text = [`*${escaped(headline(content))}*`, ...lines].join("\n");
  return JSON.stringify({ text });
}

/** The body for a Teams workflow "when a webhook request is received": an Adaptive Card. */
export function teamsBody(content: NoticeContent): string {
  const color = content.kind === "resolved" || content.kind === "test" ? "good" : "attention";
  const head = { text: headline(content), weight: "bolder", size: "medium", color };
  const blocks = [head, ...details(content).map((text) => ({ text }))];
  const card = {
    type: "AdaptiveCard",
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    version: "1.4",
    body: blocks.map((block) => ({ type: "TextBlock", wrap: true, ...block })),
  };
  const contentType = "application/vnd.microsoft.card.adaptive";
  return JSON.stringify({
    type: "message",
    attachments: [{ contentType, contentUrl: null, content: card }],
  });
}

function details(content: NoticeContent): string[] {
  const { kind, rule, cure, records, count, openedAt, resolvedAt } = content;
  const more = Math.max(0, count - records.length);
  const others = records.length > 0 && more > 0 ? ` and ${more} more` : "";
  const isOver = kind === "resolved";
  return [
    ...(isOver ? [] : [`What to do: ${oneLine(cure)}`]),
    ...(records.length === 0 ? [] : [`About: ${records.map(oneLine).join(", ")}${others}`]),
    `Rule ${rule}, since ${openedAt}${resolvedAt === null ? "" : `, over since ${resolvedAt}`}`,
  ];
}

/** What SL, Stripe or a shopper wrote must not begin a line, or a header, of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

function cut(text: string, lengthMax: number): string {
  const letters = [...text];
  return letters.length <= lengthMax ? text : `${letters.slice(0, lengthMax - 1).join("")}…`;
}
