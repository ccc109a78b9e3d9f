import { expect, test } from "vitest";
import type { PairAdmin } from "../api/index.ts";
import { HubError } from "../base/errors.ts";
import type { StripeSetup } from "../canonical/setup.ts";
import type { PairBook } from "./pair-book.ts";
import { createWizard, type WizardDeps } from "./wizard.ts";

const SETTINGS = { stripe: { "secret-key": "sk_test_1" }, terms: { paid: "01" } };
const URL_AT_HUB = "https://hub.example.com/webhooks/stripe/acme-us";

/** A wizard between fakes; `done` is what was made and saved, in order. */
function aWizard(change: { refuses?: "trial" | "save" } = {}) {
  const done: string[] = [];
  const secretOf = (settings: object) => JSON.stringify(settings).match(/whsec_\w+/)?.[0];
  const pairs = {
    add: async (id: string, settings: object, { dryRun }: { dryRun: boolean }) => {
      const refused = change.refuses === "trial" ? dryRun : change.refuses === "save" && !dryRun;
      if (refused) throw new HubError("config.invalid", "terms.paid is wrong");
      done.push(`${dryRun ? "check" : "save"} ${id} ${secretOf(settings) ?? "no secret"}`);
      return { id };
    },
  } as unknown as PairAdmin;
  const setup = {
    createWebhookEndpoint: async (url: string) => {
      done.push(`make ${url}`);
      return { id: "we_1", secret: "whsec_real" };
    },
    deleteWebhookEndpoint: async (id: string) => void done.push(`delete ${id}`),
  } as unknown as StripeSetup;
  const book = { sealingKey: () => new Uint8Array(32) } as unknown as PairBook;
  const deps = { book, pairs, setupOf: () => setup, workedTypes: [] } as unknown as WizardDeps;
  return { wizard: createWizard(deps), done };
}

const wanted = { id: "acme-us", settings: SETTINGS, preview: 0 };

test("a pair is checked before the endpoint is made, and saved with its secret", async () => {
  const { wizard, done } = aWizard();

  const made = await wizard.makePair(
    { ...wanted, webhookUrl: URL_AT_HUB },
    { dryRun: false, by: "maria" },
  );

  expect(made.webhookEndpoint).toBe("we_1");
  expect(done).toEqual([
    "check acme-us whsec_made_when_the_pair_is_saved",
    `make ${URL_AT_HUB}`,
    "save acme-us whsec_real",
  ]);
});

test("a pair without a public URL has no endpoint and no secret", async () => {
  const { wizard, done } = aWizard();

  await wizard.makePair({ ...wanted, webhookUrl: undefined }, { dryRun: false, by: "maria" });

  expect(done).toEqual(["check acme-us no secret", "save acme-us no secret"]);
});

test("a trial makes and saves nothing, and shows the settings without a secret", async () => {
  const { wizard, done } = aWizard();

  const tried = await wizard.makePair(
    { ...wanted, webhookUrl: URL_AT_HUB },
    { dryRun: true, by: "maria" },
  );

  expect(done).toEqual(["check acme-us whsec_made_when_the_pair_is_saved"]);
  expect(tried.webhookEndpoint).toBeNull();
  expect(tried.yaml).toContain("secret-key: <kept>");
  expect(tried.yaml).not.toContain("sk_test_1");
});

test("settings that are refused make no endpoint", async () => {
  const { wizard, done } = aWizard({ refuses: "trial" });

  const making = wizard.makePair(
    { ...wanted, webhookUrl: URL_AT_HUB },
    { dryRun: false, by: "maria" },
  );

  await expect(making).rejects.toThrow("terms.paid is wrong");
  expect(done).toEqual([]);
});

test("an endpoint whose pair cannot be saved is taken away again", async () => {
  const { wizard, done } = aWizard({ refuses: "save" });

  const making = wizard.makePair(
    { ...wanted, webhookUrl: URL_AT_HUB },
    { dryRun: false, by: "maria" },
  );

  await expect(making).rejects.toThrow("terms.paid is wrong");
  expect(done.slice(-2)).toEqual([`make ${URL_AT_HUB}`, "delete we_1"]);
});

test("a key that only the environment of the hub knows makes no endpoint", async () => {
  const { wizard } = aWizard();
  const settings = { stripe: { "secret-key": "env:STRIPE_KEY" } };

  const making = wizard.makePair(
    { ...wanted, settings, webhookUrl: URL_AT_HUB },
    { dryRun: false, by: "maria" },
  );

  await expect(making).rejects.toMatchObject({ code: "api.invalid" });
});

test("refused credentials are to be given again, as no pair is there to set them for", async () => {
  const choicesOf = async () => {
    throw new HubError("erp.auth", "SL's web service refused the credentials");
  };
  const wizard = createWizard({ choicesOf } as unknown as WizardDeps);
  const looked = wizard.lookAtSl({} as Parameters<typeof wizard.lookAtSl>[0]);

  await expect(looked).rejects.toMatchObject({
    code: "erp.auth",
    cure: "Give working ones and start again; nothing was saved.",
  });
});
