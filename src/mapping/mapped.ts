/** A draft and how it came about, in sentences for the console. */
export type Mapped<D> = Readonly<{ draft: D; notes: readonly string[] }>;
