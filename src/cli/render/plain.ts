/**
 * Text of strangers for a terminal: a line break or a control code in a customer's name or in SL's
 * message must break neither the table nor the terminal.
 */
export function plain(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
