//! Every number of the house: one constant each, with its unit in the name and a sentence.
//! Nothing else in the project writes such a number down.

/// Characters in a key's name or description.
pub const KEY_NAME_CHARS_MAX: usize = 255;
/// Characters in the label of a native secret, and in a better-auth prefix.
pub const KEY_PREFIX_CHARS_MAX: usize = 32;
/// Characters of the secret kept as `start`, beyond the prefix of a native secret.
pub const KEY_START_CHARS: usize = 6;
/// Bytes of a presented secret; longer texts are malformed.
pub const SECRET_BYTES_MAX: usize = 4_096;
/// Live secrets of one key while rotations overlap.
pub const KEY_SECRETS_MAX: usize = 3;
/// Bytes of a key's metadata as JSON.
pub const KEY_METADATA_BYTES_MAX: usize = 16_384;
/// Allowed hosts per key.
pub const KEY_HOSTS_MAX: usize = 256;
/// Scope entries per key.
pub const KEY_SCOPES_MAX: usize = 256;
/// Resources in a permission map.
pub const PERMISSION_RESOURCES_MAX: usize = 256;
/// Actions per resource in a permission map.
pub const PERMISSION_ACTIONS_MAX: usize = 256;
/// Characters of a resource or action name in a permission map.
pub const PERMISSION_NAME_CHARS_MAX: usize = 255;
/// How long the old secrets work after a rotation when the caller says nothing (24 hours), and at most (a year).
pub const ROTATION_OVERLAP_DEFAULT_MS: i64 = 86_400_000;
pub const ROTATION_OVERLAP_MS_MAX: i64 = 365 * 86_400_000;
/// Lifetime of a key when the caller names none, in seconds (90 days).
pub const KEY_EXPIRES_IN_DEFAULT_S: i64 = 90 * 86_400;
/// Requests per window; the largest count the packed limiter can hold.
pub const RATE_LIMIT_MAX: u64 = (1 << 23) - 1;
/// Length of a rate-limit window (about 31 years), in milliseconds.
pub const RATE_WINDOW_MS_MAX: i64 = 1_000_000_000_000;
/// Uses left on a key; beyond this, leave the quota out.
pub const QUOTA_MAX: i64 = 1 << 53;
/// Units one verification may cost.
pub const VERIFY_COST_MAX: i64 = 1_000_000;
/// Keys in one batch verification.
pub const VERIFY_BATCH_MAX: usize = 100;
/// Tags of one verification, and characters of each.
pub const VERIFY_TAGS_MAX: usize = 10;
pub const VERIFY_TAG_CHARS_MAX: usize = 128;

/// Alternatives a role combination may leave for one operation on one table.
pub const ALTERNATIVES_MAX: usize = 8;
/// Nesting of a filter.
pub const FILTER_DEPTH_MAX: usize = 16;
/// Conditions in one filter.
pub const FILTER_CONDITIONS_MAX: usize = 256;
/// Links followed one after the other in a filter, a sort or an answer.
pub const LINK_DEPTH_MAX: usize = 3;
/// Rows one step along a link may bring into an answer.
pub const LINKED_ROWS_MAX: u64 = 10_000;
/// Primary keys that are numbers and chosen by a writer are below this: JSON readers know larger ones only nearly.
pub const CHOSEN_KEY_LIMIT: i64 = 1 << 53;
/// Records that lose a key, or are deleted, because others are deleted.
pub const DELETED_WITH_MAX: usize = 100_000;
/// Sort keys of one query.
pub const SORT_KEYS_MAX: usize = 16;
/// Values in one `in` list.
pub const FILTER_LIST_MAX: usize = 1_000;
/// Values in one filter, all conditions together; a statement can carry only so many.
pub const FILTER_VALUES_MAX: usize = 2_000;

/// Records in one page.
pub const PAGE_SIZE_MAX: u64 = 1_000;
pub const PAGE_SIZE_DEFAULT: u64 = 20;
/// Records in one answer without pages, where a door allows that: by default, and at most.
pub const UNPAGED_ROWS_DEFAULT: u64 = 10_000;
pub const UNPAGED_ROWS_MAX: u64 = 100_000;
/// Records in one bulk create.
pub const RECORDS_PER_WRITE_MAX: usize = 1_000;
/// Bytes of one text value.
pub const TEXT_VALUE_BYTES_MAX: usize = 1 << 20;
/// Characters of a table or field name.
pub const NAME_CHARS_MAX: usize = 255;
/// Bytes of one text a dialect keeps with a base.
pub const NOTE_BYTES_MAX: usize = 1 << 18;
/// Fields in one table.
pub const FIELDS_PER_TABLE_MAX: usize = 500;
/// Characters of a value the server makes: random texts, sequences.
pub const GENERATED_CHARS_MAX: usize = 255;
/// Parts of a sequence, and digits of a number in one.
pub const SEQUENCE_PARTS_MAX: usize = 16;
pub const SEQUENCE_DIGITS_MAX: u32 = 15;
/// Bytes of a formula, its nesting, and its parts.
pub const FORMULA_BYTES_MAX: usize = 4_096;
pub const FORMULA_DEPTH_MAX: usize = 32;
pub const FORMULA_PARTS_MAX: usize = 512;
/// Measures and dimensions of one summary, together.
pub const SUMMARY_COLUMNS_MAX: usize = 32;
/// Rows of a summary by default.
pub const SUMMARY_ROWS_DEFAULT: u64 = 2_000;

/// Rows one imported sheet brings, and lines that may stand above and between them.
pub const SHEET_ROWS_MAX: usize = 5_000;
pub const SHEET_LINES_ABOVE_MAX: usize = 100;
/// Cells of a sheet that is read or written.
pub const SHEET_CELLS_MAX: usize = 1_000_000;
/// Bytes an uploaded sheet may unpack to, and files inside of it.
pub const SHEET_UNZIPPED_BYTES_MAX: u64 = 32 << 20;
pub const SHEET_PARTS_MAX: usize = 256;
/// Characters of a text in a cell; a property of the format.
pub const SHEET_CELL_CHARS_MAX: usize = 32_767;
/// Things that are wrong with a sheet that are told in one answer.
pub const SHEET_FAULTS_TOLD_MAX: usize = 20;
/// Sheets that are read or written at the same time; others wait.
pub const SHEETS_AT_ONCE: usize = 2;

/// Bytes of a request body.
pub const BODY_BYTES_MAX: usize = 10 << 20;
/// Nesting of JSON in a request body.
pub const JSON_DEPTH_MAX: usize = 64;

/// Characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 8;
pub const PASSWORD_CHARS_MAX: usize = 128;
/// Values of password fields in one write; each costs a deliberately slow hash.
pub const PASSWORDS_PER_WRITE_MAX: usize = 16;
/// Life of a session, in milliseconds (7 days).
pub const SESSION_LIFE_MS: i64 = 7 * 86_400_000;
/// How long an ended session is remembered, so that its token is told to be over rather than unknown (7 days).
pub const SESSION_KEPT_MS: i64 = 7 * 86_400_000;
/// How long the token of a session stays good after it was exchanged for a new one.
pub const SESSION_GRACE_MS: i64 = 10_000;
/// Failed sign-ins per account, and per address, before further ones are refused for the window.
pub const SIGN_IN_FAILURES_MAX: u64 = 10;
pub const SIGN_IN_WINDOW_MS: i64 = 5 * 60_000;
/// Life of a link that sets a new password, in milliseconds (1 hour).
pub const PASSWORD_LINK_LIFE_MS: i64 = 3_600_000;
/// Such links somebody may ask for per account, and per address, in a window; then nobody is sent any more of them.
pub const PASSWORD_LINKS_PER_ACCOUNT_MAX: u64 = 3;
pub const PASSWORD_LINKS_PER_ADDRESS_MAX: u64 = 20;
pub const PASSWORD_LINKS_WINDOW_MS: i64 = 3_600_000;

/// Answers "not authenticated" one address may cause per window before it is slowed; successes never count.
pub const IP_FAILURES_MAX: u32 = 1_000;
pub const IP_FAILURES_WINDOW_MS: i64 = 60_000;
/// Addresses remembered by that limiter.
pub const IP_ADDRESSES_KEPT: usize = 65_536;
/// Characters of a request's path and query together.
pub const URI_CHARS_MAX: usize = 16_384;
/// Header lines of a request.
pub const HEADERS_MAX: usize = 96;
/// Bytes of a request body of the native door: its largest legal one is a batch verification.
pub const NATIVE_BODY_BYTES_MAX: usize = 1 << 19;
/// Characters of an Idempotency-Key.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// Answers kept in memory for retries with the same Idempotency-Key.
pub const REPLAYS_KEPT: usize = 1_024;
/// Buckets one usage query may span.
pub const USAGE_BUCKETS_MAX: i64 = 10_000;
/// Accounts and addresses whose failed sign-ins are remembered; the oldest make room.
pub const SIGN_IN_TRACKED_MAX: usize = 65_536;
/// Sign-ins waiting for a free core before further ones are asked to come back.
pub const PASSWORD_QUEUE_MAX: usize = 64;
/// Rows of one answer about usage.
pub const USAGE_ROWS_MAX: u64 = 10_000;

/// Refusals kept in memory for look-up by decision id.
pub const REFUSALS_KEPT: usize = 4_096;
/// Refusals of known keys and users written to the audit trail per flush; the others are only counted.
pub const REFUSALS_AUDITED_PER_FLUSH: usize = 256;
/// Distinct usage rows buffered before a flush is forced.
pub const USAGE_BUFFER_ROWS: usize = 524_288;
/// How long usage is kept per minute before it becomes hours (2 days), and per hour before it becomes days (60 days).
pub const USAGE_MINUTES_KEPT_MS: i64 = 2 * 86_400_000;
pub const USAGE_HOURS_KEPT_MS: i64 = 60 * 86_400_000;
/// How long a used Idempotency-Key is remembered, in milliseconds (24 hours).
pub const IDEMPOTENCY_KEPT_MS: i64 = 86_400_000;
/// Time between rounds of housekeeping (roll-up of usage, what is over and done with), in milliseconds (1 hour).
pub const HOUSEKEEPING_MS: u64 = 3_600_000;
/// Time between flushes of buffered usage, last-used and refusal events, in milliseconds; also what a crash can lose.
pub const JOURNAL_FLUSH_MS: u64 = 1_000;
/// More rows than this wait for up to [`JOURNAL_FLUSH_BUSY_MS`]: keys that are used again meanwhile cost one row.
pub const JOURNAL_FLUSH_SOON_ROWS: usize = 4_096;
/// Longest time between flushes of a busy server, in milliseconds; then also what a crash can lose.
pub const JOURNAL_FLUSH_BUSY_MS: u64 = 10_000;
/// Jobs one group commit takes at most.
pub const GROUP_COMMIT_JOBS_MAX: usize = 1_024;
