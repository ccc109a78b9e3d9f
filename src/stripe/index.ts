export { openStripe } from "./open-stripe.ts";
export { openStripeSetup } from "./setup.ts";
export { PINNED_API_VERSION, type StripeCall } from "./stripe-api.ts";
