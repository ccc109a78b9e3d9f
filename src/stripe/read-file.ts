import type { ErrorCode } from "../base/error-codes.ts";
import { HubError } from "../base/errors.ts";

/** What of the account a file is read with; `callTimeout` is in seconds. */
type Access = Readonly<{
  secretKey: Readonly<{ reveal(): string }>;
  apiBase?: string | undefined;
  callTimeout: number;
}>;

/** Where Stripe keeps files; a sandbox keeps its own. */
const FILES = "https://files.stripe.com";
/** A report on the balance has four lines for each currency. */
const BYTES_MAX = 1024 * 1024;

/**
 * The text of a file of the account, by its id, so that the key goes to no address that an answer
 * names. The SDK reads no files.
 *
 * @throws HubError as every call, `stripe.shape` for a file of over a mebibyte
 */
export async function readFile(
  { secretKey, apiBase, callTimeout }: Access,
  id: string,
): Promise<string> {
  const url = new URL(`/v1/files/${encodeURIComponent(id)}/contents`, apiBase ?? FILES);
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${secretKey.reveal()}` },
    redirect: "error",
    signal: AbortSignal.timeout(callTimeout * 1000),
  });
  if (!answer.ok) {
    await answer.body?.cancel();
    const { status } = answer;
    const message = `Stripe answered ${status} for the contents of file ${id}`;
    throw new HubError(codeOf(status), message, { facts: { status, object: id } });
  }
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  const chunks: AsyncIterable<Uint8Array> | null = answer.body;
  for await (const chunk of chunks ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BYTES_MAX) {
      throw new HubError("stripe.shape", `File ${id} has over ${BYTES_MAX} bytes`, {
        facts: { object: id },
      });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function codeOf(status: number): ErrorCode {
  if (status === 429) return "stripe.rate_limited";
  if (status === 401 || status === 403) return "stripe.auth";
  if (status === 404) return "stripe.object_missing";
  return status >= 500 ? "stripe.unavailable" : "stripe.refused";
}
