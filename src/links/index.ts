export {
  type Link,
  type LinkKind,
  linkCustomer,
  linkedCustomerId,
  linksOfSlNumber,
  linksOfStripeId,
} from "./links.ts";
