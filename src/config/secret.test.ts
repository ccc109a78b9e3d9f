import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keyPath, loadKey, newKeyText } from "./key.ts";
import { openSecret, Secret, sealSecret } from "./secret.ts";

const key = Buffer.alloc(32, 7);
const place = { pair: "acme-us", setting: "sl.password" };

describe("a sealed secret", () => {
  test("opens with its key at its place", () => {
    expect(openSecret(sealSecret("päss", place, key), place, key).reveal()).toBe("päss");
  });

  test("looks different each time it is sealed", () => {
    expect(sealSecret("a", place, key)).not.toBe(sealSecret("a", place, key));
  });

  test.each([
    ["another key", place, Buffer.alloc(32, 8)],
    ["another pair", { ...place, pair: "b" }, key],
    ["another setting", { ...place, setting: "sl.site-key" }, key],
  ])("does not open with %s", (_name, where, with_) => {
    const sealed = sealSecret("a", place, key);

    expect(() => openSecret(sealed, where, with_)).toThrow(/cannot be opened/);
  });

  test.each(["enc:v1:", "enc:v1:AAAA", "enc:v1:%%%", `enc:v1:${"A".repeat(60)}`])(
    "%s is refused as unreadable",
    (sealed) => {
      expect(() => openSecret(sealed, place, key)).toThrow(/cannot be opened/);
    },
  );

  test("with a shortened tag does not open", () => {
    const bytes = Buffer.from(sealSecret("abcdef", place, key).slice(7), "base64url");
    const shortened = `enc:v1:${bytes.subarray(0, -4).toString("base64url")}`;

    expect(() => openSecret(shortened, place, key)).toThrow(/cannot be opened/);
  });
});

test("a secret in a template, in JSON or joined is masked", () => {
  const secret = new Secret("hunter2");

  expect(`${secret} ${JSON.stringify({ secret })} ${[secret].join()}`).not.toContain("hunter2");
});

describe("the key", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "slipway-key-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  test("is made once, for the owner alone, and found again", () => {
    const first = loadKey(join(home, "inner"), undefined);
    const second = loadKey(join(home, "inner"), undefined);

    expect(first).toHaveLength(32);
    expect(second).toEqual(first);
    expect(statSync(keyPath(join(home, "inner"))).mode & 0o777).toBe(0o600);
  });

  test("from the environment goes before the file and leaves none", () => {
    const text = newKeyText();

    expect(loadKey(home, text)).toEqual(Buffer.from(text, "base64"));
    expect(() => statSync(keyPath(home))).toThrow(/ENOENT/);
  });

  test("of another size is refused instead of replaced", () => {
    writeFileSync(keyPath(home), "c2hvcnQ=");

    expect(() => loadKey(home, undefined)).toThrow(/must hold 32 bytes/);
  });
});
