import type { FastifyInstance } from "fastify";
import { WizardPairRequest, WizardSlRequest, WizardStripeRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { toPreview } from "./preview.ts";
import { readInput } from "./request-input.ts";

/**
 * `POST /api/wizard/stripe`, `/sl` and `/pair`: what a new pair is made from. The first two only
 * read with the credentials they are given; nothing is kept before the last one is not a dry run.
 */
export function registerWizard(app: FastifyInstance, { wizard }: ApiDeps): void {
  app.post("/wizard/stripe", async (request) => {
    return wizard.lookAtStripe(readInput(WizardStripeRequest, request.body));
  });

  app.post("/wizard/sl", async (request) => {
    const { open, ...choices } = await wizard.lookAtSl(readInput(WizardSlRequest, request.body));
    return { ...choices, open: open ?? null };
  });

  app.post("/wizard/pair", async (request) => {
    const { dryRun, by, ...wanted } = readInput(WizardPairRequest, request.body);
    const { previews, ...made } = await wizard.makePair(wanted, { dryRun, by });
    return { isDryRun: dryRun, ...made, previews: previews.map(toPreview) };
  });
}
