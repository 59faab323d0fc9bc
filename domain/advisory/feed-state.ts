/** What names a form of a document on a server (RFC 9110, section 8.8): sent back, it is answered with 304 where nothing changed. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** How far one address of advisories was brought in; kept with what was brought. */
export interface FeedState {
  /** Of its zip. */
  readonly archive?: Validators;
  /** Of its list of changes, `modified_id.csv`. */
  readonly list?: Validators;
  /** RFC 3339: every record that was modified before is in; what the list has from here on is fetched. */
  readonly through?: string;
  /** Ecosystems its records name, where its address is of none: what it says nothing new of is as young as its answer. */
  readonly ecosystems?: readonly string[];
}
