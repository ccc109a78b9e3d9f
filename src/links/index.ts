export {
  type Link,
  type LinkKind,
  linkCustomer,
  linkedCustomerId,
  linkedStripeId,
  linksOfSlNumber,
  linksOfStripeId,
} from "./links.ts";
