import { startSandboxSite } from "../ctapi/testing/sandbox-site.ts";
import { type DocumentDraft, type ErpConnector, type ErpScreen, screenOf } from "../port.ts";
import { headOf } from "./contract-drafts.ts";

/** Every connector, with what starts the ERP sandbox that it is made for. */
export const CONNECTORS = [["ctapi", startSandboxSite]] as const;

/** Books drafts as the write protocol does, with the connector of the test that runs. */
export function bookingWith(connector: () => ErpConnector) {
  /** Reserves and fills; gives the batch's number. */
  async function filled(draft: DocumentDraft): Promise<string> {
    const { batNbr } = await connector().reserve(headOf(draft));
    await connector().fill(batNbr, draft);
    return batNbr;
  }

  async function documentIn(screen: ErpScreen, batNbr: string) {
    return (await connector().readBatch(screen, batNbr))?.documents[0];
  }

  /** Books a draft to its release; gives the document's number. */
  async function booked(draft: DocumentDraft): Promise<string> {
    const batNbr = await filled(draft);
    await connector().release(screenOf(draft), batNbr);
    return (await documentIn(screenOf(draft), batNbr))?.refNbr ?? "";
  }

  return { filled, booked, documentIn };
}
