export { type CtapiConnector, createCtapiConnector, readSiteChoices } from "./connector.ts";
export type { CallReport, ExchangeReport } from "./soap-client.ts";
export { describeTouches } from "./touches.ts";
