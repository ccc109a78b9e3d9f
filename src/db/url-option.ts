/**
 * The URL by which each connection has a setting of its own, as `name=value`. The last of several
 * options of one name wins, so whatever else the URL says stays.
 */
export function withOption(url: string, setting: string): string {
  const changed = new URL(url);
  const before = changed.searchParams.get("options");
  const options = [...(before === null ? [] : [before]), `-c ${setting}`];
  changed.searchParams.set("options", options.join(" "));
  return changed.href;
}
