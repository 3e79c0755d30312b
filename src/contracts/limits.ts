// The limits of sizes: each stands here once, with its unit, its reason and its source.

/**
 * Bytes of a body that Temporal keeps. Its server refuses a payload over 2 MiB (`limit.blobSize.error`, 2,097,152 bytes);
 * the difference is room for the event's metadata beside the body, and for encryption.
 */
export const INLINE_MAX_BYTES = 1_900_000;

/** Bytes of a body that the storage keeps: 16 MiB. A process parses each as a whole, and may have many at once. */
export const STORED_MAX_BYTES = 16_777_216;

/**
 * Bytes of JSON that a handler may return: 256 KiB. The result is kept in the workflow's history, whose results all
 * count against Temporal's 50 MiB (`limit.historySize.error`), and it is sent with each answer about the event.
 */
export const RESULT_MAX_BYTES = 262_144;

/** Bytes of one search attribute, as JSON: 2 KiB. Temporal ends a run that sets a longer one (`frontend.searchAttributesSizeOfValueLimit`). */
export const SEARCH_ATTRIBUTE_MAX_BYTES = 2_048;

/** Characters that a column of PostgreSQL's visibility holds: `workflow_id`, and each search attribute of type Keyword. */
export const KEYWORD_MAX_LENGTH = 255;

/** Characters of the name of a source or of an endpoint: those of a DNS label, which leave room for an event id. */
export const NAME_MAX_LENGTH = 63;

/** Items on a page of a list. Temporal's own limit is 1,000; more only makes a page slow to read. */
export const PAGE_MAX = 200;

/** Bytes of an event id: longer than any that a provider sends, and short enough to be shown. */
export const EVENT_ID_MAX_BYTES = 1_024;

/** Characters of an event type: below `KEYWORD_MAX_LENGTH`, since the type is a search attribute. */
export const EVENT_TYPE_MAX_LENGTH = 200;
