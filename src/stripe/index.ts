export { openStripe } from "./open-stripe.ts";
export { openStripeSetup } from "./setup.ts";
export {
  PINNED_API_VERSION,
  type StripeCall,
  type StripeHooks,
  type StripeSettings,
} from "./stripe-api.ts";
