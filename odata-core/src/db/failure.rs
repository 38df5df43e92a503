//! What went wrong at the database, as the client may read it.
//!
//! The server's own words go to the log, where the failure is made, and never into the [`Error`].
//! Of class 22 not even there: they quote the data.

use super::connect::ConnectError;
use crate::error::{Code, Error};
use deadpool::managed::PoolError;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use tokio_postgres::error::DbError;

/// A statement that failed: an [`Error`] for the client, and what the caller may do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind of failure.
    pub reason: Reason,
    /// What the client reads.
    pub error: Error,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No row in time.
    Timeout,
    /// A row or an array is larger than PostgreSQL builds, or than its memory: the same plan with
    /// smaller bounds may do.
    TooLarge,
    /// The database cannot be reached, is starting, stopping, full or locked.
    Unavailable,
    /// All connections were in use for too long.
    Busy,
    /// The connection broke under the statement.
    Lost,
    /// Stopped by a concurrent change, on a replica for instance.
    Conflict,
    /// A value that the database can't compute with, in the request or in a row.
    Data,
    /// The statement is more than the database is willing to do.
    Limit,
    /// A table or column is gone or changed: the catalogue should be read again.
    Mismatch,
    /// The role may not do this.
    Denied,
    /// A prepared statement that the server no longer takes.
    Stale,
    /// Anything else: a fault of this service.
    Internal,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        failure.error
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failure {}

/// Seconds after which a database that is not there may be back.
const RETRY_AFTER: u32 = 2;

const UNAVAILABLE: &str = "the database is not available at the moment";
const MISMATCH: &str = "the database does not have what the service's model expects";

/// By SQLSTATE, or by the beginning of one; the first that fits.
const TABLE: &[(&str, Reason, Code, &str)] = &[
    (
        "08P01",
        Reason::Data,
        Code::InvalidOptionValue,
        "a value is not valid for its type",
    ),
    ("08", Reason::Lost, Code::Unavailable, UNAVAILABLE),
    ("0A000", Reason::Stale, Code::Internal, ""),
    (
        "22003",
        Reason::Data,
        Code::InvalidOptionValue,
        "a number is out of range for its type",
    ),
    (
        "22007",
        Reason::Data,
        Code::InvalidLiteral,
        "a date or time is not valid",
    ),
    (
        "22008",
        Reason::Data,
        Code::InvalidOptionValue,
        "a date or time is out of range",
    ),
    (
        "22011",
        Reason::Data,
        Code::InvalidOptionValue,
        "a substring has a negative length",
    ),
    (
        "22012",
        Reason::Data,
        Code::InvalidOptionValue,
        "division by zero",
    ),
    (
        "22015",
        Reason::Data,
        Code::InvalidOptionValue,
        "a duration is out of range",
    ),
    (
        "2201B",
        Reason::Data,
        Code::InvalidLiteral,
        "a regular expression is not valid",
    ),
    (
        "2201E",
        Reason::Data,
        Code::InvalidOptionValue,
        "a logarithm of a number that has none",
    ),
    (
        "2201F",
        Reason::Data,
        Code::InvalidOptionValue,
        "a power that is not a real number",
    ),
    (
        "2201W",
        Reason::Data,
        Code::InvalidOptionValue,
        "a number of rows is negative",
    ),
    (
        "2201X",
        Reason::Data,
        Code::InvalidOptionValue,
        "a number of rows to skip is negative",
    ),
    (
        "22021",
        Reason::Data,
        Code::InvalidLiteral,
        "a text holds a character that the database cannot store",
    ),
    (
        "22025",
        Reason::Data,
        Code::InvalidLiteral,
        "a pattern ends in its escape character",
    ),
    (
        "22P02",
        Reason::Data,
        Code::InvalidLiteral,
        "a value is not valid for its type",
    ),
    (
        "22P03",
        Reason::Data,
        Code::InvalidLiteral,
        "a value is not valid for its type",
    ),
    (
        "22P05",
        Reason::Data,
        Code::InvalidLiteral,
        "a text holds a character that the database cannot store",
    ),
    (
        "22",
        Reason::Data,
        Code::InvalidOptionValue,
        "a value in the request or in a row cannot be computed with",
    ),
    ("25006", Reason::Internal, Code::Internal, ""),
    ("26000", Reason::Stale, Code::Internal, ""),
    ("28", Reason::Unavailable, Code::Unavailable, UNAVAILABLE),
    ("3D000", Reason::Unavailable, Code::Unavailable, UNAVAILABLE),
    ("3F000", Reason::Mismatch, Code::Unavailable, MISMATCH),
    ("40", Reason::Conflict, Code::Unavailable, UNAVAILABLE),
    (
        "42501",
        Reason::Denied,
        Code::Internal,
        "the service's database role has insufficient privileges",
    ),
    ("42804", Reason::Mismatch, Code::Unavailable, MISMATCH),
    ("42883", Reason::Mismatch, Code::Unavailable, MISMATCH),
    ("42703", Reason::Mismatch, Code::Unavailable, MISMATCH),
    ("42704", Reason::Mismatch, Code::Unavailable, MISMATCH),
    ("42P01", Reason::Mismatch, Code::Unavailable, MISMATCH),
    (
        "53200",
        Reason::TooLarge,
        Code::LimitExceeded,
        "the answer to one row needs more memory than the database has",
    ),
    (
        "53400",
        Reason::Limit,
        Code::LimitExceeded,
        "the query needs more space than the database allows",
    ),
    ("53", Reason::Unavailable, Code::Unavailable, UNAVAILABLE),
    (
        "54000",
        Reason::TooLarge,
        Code::LimitExceeded,
        "one row of the answer is larger than the database can build",
    ),
    (
        "54",
        Reason::Limit,
        Code::LimitExceeded,
        "the query is too complex for the database",
    ),
    ("55", Reason::Unavailable, Code::Unavailable, UNAVAILABLE),
    ("57014", Reason::Unavailable, Code::Unavailable, UNAVAILABLE),
    ("57P", Reason::Lost, Code::Unavailable, UNAVAILABLE),
    ("58", Reason::Unavailable, Code::Unavailable, UNAVAILABLE),
];

impl Failure {
    /// No row came within `limit`.
    pub(crate) fn timeout(limit: Duration) -> Failure {
        Failure {
            reason: Reason::Timeout,
            error: Error::new(
                Code::Timeout,
                format!(
                    "the database found no row within {} seconds (limit 'statement_ms')",
                    limit.as_secs_f32()
                ),
            )
            .hint("narrow it with $filter, or order by the key"),
        }
    }

    /// There is no connection, for want of a server or of a free one.
    pub(super) fn unavailable(message: &str) -> Failure {
        Failure {
            reason: Reason::Unavailable,
            error: Error::new(Code::Unavailable, message).retry_after(RETRY_AFTER),
        }
    }

    /// The connection broke, or is not to be trusted: another one may do.
    pub(super) fn lost() -> Failure {
        Failure {
            reason: Reason::Lost,
            ..Failure::unavailable(UNAVAILABLE)
        }
    }

    /// The server said what it can't have said.
    pub(super) fn of_protocol(what: &str) -> Failure {
        internal(&what)
    }

    /// What a statement failed with. `timed_out` says that the session's own time-out had passed:
    /// the server answers that and a cancel request alike.
    pub(super) fn of_statement(error: &tokio_postgres::Error, timed_out: bool) -> Failure {
        match error.as_db_error() {
            Some(db) => of_server(db, timed_out),
            None if error.is_closed() => {
                tracing::warn!("a database connection broke under a statement");
                Failure::lost()
            }
            None => internal(&format_args!("{error}: {}", cause(error))),
        }
    }

    /// Why there is no new connection.
    pub(super) fn of_connecting(error: &ConnectError) -> Failure {
        let code = match error {
            ConnectError::Driver(error) => error.code().map(|code| code.code().to_owned()),
            ConnectError::Io(_) => None,
        };
        tracing::warn!(
            error = %error,
            cause = %cause(error),
            sqlstate = code,
            "cannot connect to the database"
        );
        Failure::unavailable("the database cannot be reached")
    }

    /// The request had no turn for so long.
    pub(super) fn busy(wait: Duration) -> Failure {
        tracing::warn!("all database connections are in use");
        Failure {
            reason: Reason::Busy,
            error: Error::new(
                Code::TooManyRequests,
                format!(
                    "all database connections are in use, and the request had no turn within {wait:?}"
                ),
            )
            .hint("ask less at once, or smaller pages")
            .retry_after(RETRY_AFTER),
        }
    }

    /// Why the pool lends no connection.
    pub(super) fn of_pool(error: &PoolError<ConnectError>) -> Failure {
        match error {
            PoolError::Backend(error) => Failure::of_connecting(error),
            PoolError::Timeout(_) => {
                tracing::warn!("the database did not take a connection in time");
                Failure::unavailable("the database cannot be reached")
            }
            PoolError::Closed => Failure::unavailable("the service is stopping"),
            PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                internal(&format_args!("{error}"))
            }
        }
    }

    /// A task that did not end, since it panicked or its runtime stops.
    pub(super) fn of_task(error: &tokio::task::JoinError) -> Failure {
        if error.is_cancelled() {
            Failure::unavailable("the service is stopping")
        } else {
            internal(&format_args!("{error}"))
        }
    }

    /// Writes down the statement where that helps to find a fault of ours. Its text holds nothing of
    /// the request.
    pub(super) fn log(&self, text: &str) {
        if matches!(
            self.reason,
            Reason::Internal | Reason::Mismatch | Reason::Denied | Reason::Limit
        ) {
            tracing::warn!(reason = ?self.reason, error = %self.error, statement = text);
        }
    }

    /// Whether the same statement may succeed on another connection, before the first row.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        matches!(self.reason, Reason::Lost | Reason::Conflict)
    }
}

fn of_server(db: &DbError, timed_out: bool) -> Failure {
    let state = db.code().code();
    let row = classify(state, db.message());
    // Neither detail nor context: they hold rows and parameters.
    let message = if state.starts_with("22") {
        ""
    } else {
        db.message()
    };
    let Some((reason, code, text)) = row else {
        return internal(&format_args!("{state}: {message}"));
    };
    if state == "57014" && timed_out {
        return Failure {
            reason: Reason::Timeout,
            error: Error::new(Code::Timeout, "the database took too long for the answer"),
        };
    }
    if text.is_empty() {
        return Failure {
            reason,
            ..internal(&format_args!("{state}: {message}"))
        };
    }
    if reason == Reason::Data {
        tracing::debug!(sqlstate = state, "a statement failed on a value");
    } else {
        tracing::warn!(sqlstate = state, message, "a statement failed");
    }
    let error = Error::new(code, text);
    Failure {
        reason,
        error: if code == Code::Unavailable {
            error.retry_after(RETRY_AFTER)
        } else {
            error
        },
    }
}

/// The row of the table for this SQLSTATE.
fn classify(state: &str, message: &str) -> Option<(Reason, Code, &'static str)> {
    // The size of a value beyond a gigabyte is found by the memory manager, which calls it an
    // internal error; those are not translated.
    let state = if state == "XX000" && message.starts_with("invalid memory alloc request size") {
        "54000"
    } else {
        state
    };
    TABLE
        .iter()
        .find(|(prefix, ..)| state.starts_with(prefix))
        .map(|(_, reason, code, text)| (*reason, *code, *text))
}

/// A fault of ours. Its number stands in the answer and in the log, so that one finds the other.
fn internal(what: &dyn std::fmt::Display) -> Failure {
    let incident = RandomState::new().hash_one(0) as u32;
    tracing::error!(
        incident = format!("{incident:08x}"),
        "a statement failed: {what}"
    );
    Failure {
        reason: Reason::Internal,
        error: Error::new(Code::Internal, "the database failed the query").incident(incident),
    }
}

/// The innermost cause, which is where the reason stands.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sqlstate_has_its_answer() {
        for (state, reason, status) in [
            ("08006", Reason::Lost, 503),
            ("0A000", Reason::Stale, 500),
            ("22003", Reason::Data, 400),
            ("22012", Reason::Data, 400),
            ("2200H", Reason::Data, 400),
            ("22P02", Reason::Data, 400),
            ("25006", Reason::Internal, 500),
            ("26000", Reason::Stale, 500),
            ("28P01", Reason::Unavailable, 503),
            ("40001", Reason::Conflict, 503),
            ("40P01", Reason::Conflict, 503),
            ("42501", Reason::Denied, 500),
            ("42703", Reason::Mismatch, 503),
            ("42P01", Reason::Mismatch, 503),
            ("53200", Reason::TooLarge, 400),
            ("53300", Reason::Unavailable, 503),
            ("53400", Reason::Limit, 400),
            ("54000", Reason::TooLarge, 400),
            ("54001", Reason::Limit, 400),
            ("54011", Reason::Limit, 400),
            ("55P03", Reason::Unavailable, 503),
            ("57014", Reason::Unavailable, 503),
            ("57P01", Reason::Lost, 503),
            ("57P03", Reason::Lost, 503),
        ] {
            let (found, code, _) = classify(state, "").unwrap();
            assert_eq!((found, code.status()), (reason, status), "{state}");
        }
        assert_eq!(classify("42601", ""), None);
        assert_eq!(classify("XX000", "cache lookup failed"), None);
        let large = classify("XX000", "invalid memory alloc request size 1073741824").unwrap();
        assert_eq!(large.0, Reason::TooLarge);
    }

    #[test]
    fn no_row_of_the_table_hides_another() {
        for (place, (state, ..)) in TABLE.iter().enumerate() {
            let hidden = TABLE[..place].iter().find(|row| state.starts_with(row.0));
            assert_eq!(hidden, None, "{state}");
        }
    }

    #[test]
    fn what_may_pass_names_the_seconds() {
        let failure = Failure::unavailable("x");
        assert_eq!(failure.error.retry_after_seconds(), Some(2));
        assert_eq!(
            Failure::timeout(Duration::from_millis(1500))
                .error
                .message(),
            "the database found no row within 1.5 seconds (limit 'statement_ms')"
        );
        assert_eq!(
            Failure::timeout(Duration::from_secs(1))
                .error
                .retry_after_seconds(),
            None
        );
    }
}
