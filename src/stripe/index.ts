export { openStripe } from "./open-stripe.ts";
export {
  PINNED_API_VERSION,
  type StripeCall,
  type StripeHooks,
  type StripeSettings,
} from "./stripe-api.ts";
