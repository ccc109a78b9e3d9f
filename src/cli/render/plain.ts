/**
 * Text of strangers for a terminal: a line break or a control code in a customer's name or in SL's
 * message must break neither the table nor the terminal, nor turn the rest of a line round.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

/** What is wrong and what to do, as sentences; a message of others may end in a full stop. */
export function troubleWords({ message, cure }: { message: string; cure: string }): string {
  return plain(`${message.replace(/\.$/, "")}. ${cure}`);
}
