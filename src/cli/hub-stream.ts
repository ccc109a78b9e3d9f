import type { IncomingMessage } from "node:http";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** The hub sends at least a beat every 15 s: silence of this length is a lost connection. */
const SILENCE_MS = 60_000;
/** An event is a few kilobytes; whoever sends a longer one is no hub. */
const BLOCK_LENGTH_MAX = 1024 * 1024;

/** A block of the stream; without data it only says how far the stream has come. */
export type StreamBlock = Readonly<{ id: string; data: string | undefined }>;

/** The answer was none of a stream: its status and text, for whoever knows how refusals look. */
export class NoStream extends Error {
  readonly status: number;
  readonly text: string;

  constructor(status: number, text: string) {
    super(`answered ${status}`);
    this.status = status;
    this.text = text;
  }
}

/**
 * The blocks of a stream of server-sent events, as they come; ends when the hub ends it.
 *
 * @throws NoStream for an answer that is an error, else what broke the connection
 */
export async function* readBlocks(
  url: URL,
  headers: Readonly<Record<string, string>>,
): AsyncGenerator<StreamBlock> {
  const response = await open(url, headers);
  response.setEncoding("utf8");
  if (response.statusCode !== 200)
    throw new NoStream(response.statusCode ?? 0, await all(response));
  let rest = "";
  for await (const text of response as AsyncIterable<string>) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    if (rest.length > BLOCK_LENGTH_MAX) throw new Error("the stream has no end of an event");
    for (const block of blocks.flatMap(parseBlock)) yield block;
  }
}

function open(url: URL, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = { headers: { ...headers, accept: "text/event-stream" }, agent: false };
    const sent = request(url, options, resolve);
    sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error("the hub has fallen silent")));
    sent.on("error", reject);
    sent.end();
  });
}

async function all(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of response as AsyncIterable<string>) {
    text += part;
    if (text.length > BLOCK_LENGTH_MAX) break;
  }
  return text;
}

function parseBlock(text: string): StreamBlock[] {
  const fields = new Map(
    text.split("\n").map((line): [string, string] => {
      const at = line.indexOf(":");
      return [line.slice(0, Math.max(at, 0)), line.slice(at + 1).replace(/^ /, "")];
    }),
  );
  const id = fields.get("id");
  return id === undefined ? [] : [{ id, data: fields.get("data") }];
}
