import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadKey, settingsPath } from "../config/index.ts";
import { demoSettings } from "../demo/demo-pair.ts";
import type { PairRuntime } from "../runs/index.ts";
import { createPairAdmin } from "./pair-admin.ts";
import { PairBook } from "./pair-book.ts";

const SECRETS = [
  "sk_test_51Nobody4Should7See",
  "whsec_NobodyShouldSeeThis",
  "pass-word",
  "key-of-the-site",
];
const [secretKey = "", webhookSecret = "", password = "", siteKey = ""] = SECRETS;
const SETTINGS = demoSettings({
  stripe: { url: "http://127.0.0.1:12111", secretKey },
  sl: {
    url: "http://127.0.0.1:8080/ctDynamicsSL",
    user: "slipway",
    password,
    siteId: "DEFAULT",
    siteKey,
    companyId: "0060",
  },
  webhookSecret,
});

let home: string;
let book: PairBook;
let pairs: ReturnType<typeof createPairAdmin>;

function open(at: string): PairBook {
  return new PairBook({
    home: at,
    sources: { env: { SL_PASSWORD: "from env" }, key: () => loadKey(at, undefined) },
    make: (settings) => ({ id: settings.id, settings }) as PairRuntime,
  });
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "slipway-transfer-"));
  book = open(home);
  const test = async () => [];
  const accept = async () => {};
  const hubUrl = () => "http://127.0.0.1:4747";
  const record = async <T>(_by: string, edit: () => T) => edit();
  const acceptChange = accept;
  pairs = createPairAdmin({ book, hubUrl, test, accept, acceptChange, record, onSaved: accept });
  await pairs.add("demo", SETTINGS, { dryRun: false, by: "maria" });
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const fileText = () => readFileSync(settingsPath(home), "utf8");
const backups = () => readdirSync(home).filter((name) => name.endsWith(".bak"));
const run = (text: string, more: { version?: string; dryRun?: boolean } = {}) =>
  pairs.importSettings(
    { text, version: more.version },
    { dryRun: more.dryRun ?? false, by: "maria" },
  );

test("an export names each secret as kept and shows none, sealed or not", () => {
  const { text } = pairs.exportSettings();

  expect(text.match(/<kept>/g)).toHaveLength(4);
  expect(text).not.toContain("enc:v1:");
  expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
});

test("what was exported is imported again without a difference and without a backup", async () => {
  const before = fileText();

  const { changes, backup } = await run(pairs.exportSettings().text);

  expect({ changes, backup }).toEqual({ changes: [], backup: null });
  expect(fileText()).toBe(before);
});

test("an import changes what differs, keeps the secrets and the old file, at once", async () => {
  const before = fileText();
  const text = pairs.exportSettings().text.replace(/paid: "?01"?/, 'paid: "30"');

  const trial = await run(text, { dryRun: true });
  const unchanged = fileText();
  const done = await run(text, { version: trial.version });

  const changes = [{ path: "pairs.demo.terms.paid", before: '"01"', after: '"30"' }];
  expect(trial).toMatchObject({ isDryRun: true, changes, backup: null });
  expect(unchanged).toBe(before);
  expect(done).toMatchObject({ isDryRun: false, changes });
  expect(readFileSync(done.backup ?? "", "utf8")).toBe(before);
  expect(statSync(done.backup ?? "").mode & 0o077).toBe(0);
  expect(book.require("demo").settings.terms.paid).toBe("30");
  expect(book.require("demo").settings.sl.password.reveal()).toBe(password);
});

test("a plain secret is sealed, one of the environment stays, and both are masked", async () => {
  const [first = "", second = ""] = ["a new key", "env:SL_PASSWORD"];
  const text = pairs
    .exportSettings()
    .text.replace("secret-key: <kept>", `secret-key: ${first}`)
    .replace(/(\s)password: <kept>/, `$1password: ${second}`);

  const { changes } = await run(text);

  expect(changes).toEqual([
    { path: "pairs.demo.sl.password", before: "••••••", after: '"env:SL_PASSWORD"' },
    { path: "pairs.demo.stripe.secret-key", before: "••••••", after: "••••••" },
  ]);
  expect(fileText()).not.toContain(first);
  expect(book.require("demo").settings.stripe.secretKey.reveal()).toBe(first);
  expect(book.require("demo").settings.sl.password.reveal()).toBe("from env");
});

test("a kept secret that this hub does not have is refused by its path", async () => {
  const { text } = pairs.exportSettings();
  const renamed = text.replace("demo:", "other:");

  await expect(run(renamed)).rejects.toThrow(
    "pairs.other.sl.password is a secret that this hub does not",
  );
  expect(backups()).toEqual([]);
});

test.each([
  [
    "a setting that is wrong",
    (text: string) => text.replace(/paid: .*/, "paid: [1]"),
    "terms.paid",
  ],
  ["an unknown setting", (text: string) => `${text}nonsense: 1\n`, "nonsense is unknown"],
  ["broken YAML", () => "pairs: {", "slipway.yaml"],
])("an import with %s is refused as a whole", async (_what, change, named) => {
  const before = fileText();

  await expect(run(change(pairs.exportSettings().text))).rejects.toThrow(named);
  expect(fileText()).toBe(before);
  expect(backups()).toEqual([]);
});

test("an import over settings that have changed since is refused", async () => {
  const { text, version } = pairs.exportSettings();
  await pairs.set("demo", { path: "terms.paid", value: "30" }, { dryRun: false, by: "maria" });

  await expect(run(text, { version })).rejects.toThrow(
    expect.objectContaining({ code: "conflict.version" }),
  );
  expect(book.require("demo").settings.terms.paid).toBe("30");
});
