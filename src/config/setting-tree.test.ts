import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { setSettingTree } from "./setting-tree.ts";

const SETTINGS = {
  stripe: { "secret-key": "sk_test_1", "webhook-secrets": ["whsec_a", "whsec_b"] },
  sl: { password: "pass", "company-id": "0060" },
};

/** What the file of these settings becomes once others are put on top. */
function afterwards(settings: typeof SETTINGS, keyByte = 7) {
  const document = parseDocument("pairs: {}\n");
  setSettingTree(document, "demo", { settings: SETTINGS, key: () => Buffer.alloc(32, 7) });
  const before = document.toString();
  setSettingTree(document, "demo", { settings, key: () => Buffer.alloc(32, keyByte) });
  const sealedBefore = before.match(/enc:v1:\S+/g) ?? [];
  const after = document.toString();
  const changed = sealedBefore.filter((sealed) => !after.includes(sealed)).length;
  return { isSame: after === before, changed };
}

test("the same settings leave the file as it is, sealed secrets among it", () => {
  expect(afterwards(SETTINGS)).toEqual({ isSame: true, changed: 0 });
});

test("another secret alone is sealed anew", () => {
  const { stripe } = SETTINGS;
  const rolled = { ...SETTINGS, stripe: { ...stripe, "webhook-secrets": ["whsec_a", "whsec_c"] } };

  expect(afterwards(rolled)).toEqual({ isSame: false, changed: 1 });
});

test("what another key has sealed is sealed anew", () => {
  expect(afterwards(SETTINGS, 8)).toEqual({ isSame: false, changed: 4 });
});
