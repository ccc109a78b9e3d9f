import type { WireRow } from "./envelope.ts";
import { isLastPage } from "./last-page.ts";
import type { Site } from "./site.ts";
import { assertNextPage, type Filter, PAGE_ROWS, queryView, type ViewName } from "./views.ts";

/**
 * All rows of a view, page after page: for what is known to be little.
 *
 * @throws HubError `erp.contract` as `assertNextPage`, those of the calls
 */
export async function allRows(
  site: Site,
  view: ViewName,
  filters: readonly Filter[],
  signal: AbortSignal | undefined,
): Promise<readonly WireRow[]> {
  const all: WireRow[] = [];
  let before: readonly WireRow[] = [];
  for (let page = 1; ; page += 1) {
    const rows = await queryView(site, view, { filters, page, rows: PAGE_ROWS }, signal);
    assertNextPage(before, rows);
    all.push(...rows);
    before = rows;
    if (isLastPage(rows, PAGE_ROWS)) return all;
  }
}
