export {
  type LinkKind,
  linkCustomer,
  linkedCustomerId,
  linkedStripeId,
  linksOfStripeId,
  TELL_LINKED,
} from "./links.ts";
