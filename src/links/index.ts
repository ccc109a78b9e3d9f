export {
  type Link,
  type LinkKind,
  linkCustomer,
  linkedCustomerId,
  linkedStripeId,
  linksOfSlNumber,
  linksOfStripeId,
  TELL_LINKED,
} from "./links.ts";
