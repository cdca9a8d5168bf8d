/** A JSON object whose fields have not been checked. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * How nothing is lost when a message is read into the neutral form and written back in the same dialect.
 *
 * **A native field is either understood or kept.** A reader that understands a field puts its meaning into a neutral
 * field; every other field goes verbatim into the object's `extra`, under the reader's dialect name. "Understood" means
 * the value had the expected shape: `temperature: null`, a text block without text or a number where a list belongs
 * stay in the bag as they came. So absent stays absent, null stays null, and no value is ever held twice: text that a
 * plugin redacts in the neutral form has no second copy in a bag.
 *
 * **What the reader understood but could have been spelled in several ways** is noted beside the fields: another key
 * (`names`), a constant or default the writer adds but the original lacked (`absent`), another shape (`shapes`: content as
 * a string instead of a list of blocks, a stop string instead of a list). A note says how to write a value, never the
 * value; when a plugin has changed the object so that the note no longer fits, the writer ignores it.
 *
 * **What the reader understood nothing of** (an unknown block type, a message that is a string, a block without its
 * main field) becomes a `native` block or a message of role `native`, whole, in its place.
 *
 * A key that begins with `@` is no field: under it a reader keeps the remainder of what holds the object (the item that a
 * part of a message stands in).
 *
 * **Only the same dialect writes a bag back.** A writer takes `extra[itsOwnName]` and nothing else; `translate` walks the
 * form once and reports what the other bags held as dropped. What two dialects share has a word in the neutral form.
 *
 * Objects that split or join on the way keep their borders as `shapes` too: a Messages user turn that holds tool results
 * and text is read as a `tool` and a `user` message, and the second one's note says that it goes on in the same turn.
 *
 * Equality is JSON equality: the order of keys carries no meaning. Numbers, strings and the order of lists do.
 */
export interface Remainder {
  /** Fields the reader did not understand, verbatim. Nested objects hold only what was not understood inside them. */
  readonly fields?: JsonObject | undefined
  /**
   * The key that stood in place of the writer's usual one: `{ max_completion_tokens: 'max_tokens' }`. Usual keys of
   * nested objects are given with their path: `{ 'generationConfig.topK': 'top_k' }`; so are absent ones.
   */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** Keys for which the writer has a constant or a default and the original had nothing. */
  readonly absent?: readonly string[] | undefined
  /** Other notes on how a value was written, in the codec's own words: `{ content: 'string' }`. */
  readonly shapes?: Readonly<Record<string, string>> | undefined
}

/** What each dialect said about an object that the neutral form has no word for, by dialect name. See Remainder. */
export type Extra = Readonly<Record<string, Remainder>>

/** Something a dialect may have said more about than the neutral form can hold. */
export interface Extensible {
  readonly extra?: Extra | undefined
}

/**
 * Something that was read from a client's request. `at` is its native path there (`messages[3].content[1]`,
 * `input[4]`, `tools[0]`), for diagnostics; objects that plugins add have none.
 */
export interface Located extends Extensible {
  readonly at?: string | undefined
}
