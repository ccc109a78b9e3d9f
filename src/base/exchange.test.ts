import { expect, test } from "vitest";
import { EXCHANGE_BYTES_MAX, type Exchange, hearExchanges, noteExchange } from "./exchange.ts";

async function heardOf(request: string, answer?: string): Promise<Exchange | undefined> {
  let heard: Exchange | undefined;
  await hearExchanges(
    (exchange) => {
      heard = exchange;
    },
    async () => noteExchange({ request, answer }),
  );
  return heard;
}

test("calls that run side by side hear their own exchanges only", async () => {
  const heard: string[] = [];
  const call = (name: string) =>
    hearExchanges(
      ({ request }) => heard.push(`${name} hears ${request}`),
      async () => {
        await Promise.resolve();
        noteExchange({ request: name, answer: undefined });
      },
    );

  await Promise.all([call("a"), call("b")]);

  expect(heard.sort()).toEqual(["a hears a", "b hears b"]);
});

test("an exchange that nobody hears is no error", () => {
  expect(() => noteExchange({ request: "a", answer: "b" })).not.toThrow();
});

test("a text that fits is kept as it is", async () => {
  const text = "é".repeat(EXCHANGE_BYTES_MAX / 2);

  expect(await heardOf(text, "<ok/>")).toEqual({ request: text, answer: "<ok/>" });
});

test("a longer text is cut between two characters and says so", async () => {
  const text = `x${"é".repeat(EXCHANGE_BYTES_MAX)}`;

  const { request = "" } = (await heardOf(text)) ?? {};

  expect(Buffer.byteLength(request)).toBeLessThanOrEqual(EXCHANGE_BYTES_MAX);
  expect(Buffer.byteLength(request)).toBeGreaterThan(EXCHANGE_BYTES_MAX - 4);
  expect(request).toMatch(/^xé+\n… cut: 16385 bytes in all$/);
});

test("what PostgreSQL cannot hold is left out", async () => {
  expect(await heardOf("a\u0000b\ud800c")).toEqual({ request: "ab\ufffdc", answer: undefined });
});
