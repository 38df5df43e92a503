//! Who may ask: a token to the accounts that its user administers.
//!
//! One statement asks for it, on the connections that streams can't exhaust. Its answer is kept for
//! ten seconds, and so a token that was revoked works at most that long; that a token is unknown is
//! kept for two, in a place of its own, so that guesses push out nobody who is known. Of many
//! requests with one token that come at once, one asks.

use futures_util::future::BoxFuture;
use hmac::{Hmac, KeyInit, Mac};
use moka::future::Cache;
use odata_core::db::{Database, Reason, Rows};
use odata_core::edm::{Catalogue, CatalogueTable, Finding, PgType, Scope, Severity};
use odata_core::error::{Code, Error, Result};
use odata_core::service::{Authenticate, Caller, Secret};
use odata_core::sql::{Param, Plans, Statement};
use sha2::Sha256;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How long a known token is believed.
const KNOWN_FOR: Duration = Duration::from_secs(10);
/// How long an unknown one is refused unasked.
const UNKNOWN_FOR: Duration = Duration::from_secs(2);
/// Tokens that each of the two caches holds.
const TOKENS: u64 = 10_000;
/// How long the database may take over a token.
const PATIENCE: Duration = Duration::from_secs(10);
/// No token is longer; Chatwoot's have 24 characters.
const LONGEST_TOKEN: usize = 1024;

/// `account_users.role` of an administrator.
const ADMINISTRATOR: i32 = 1;
/// `accounts.status` of a suspended account.
const SUSPENDED: i32 = 1;

/// Knows the administrators. Clones share what they know.
#[derive(Clone)]
pub struct Administrators(Arc<Inner>);

struct Inner {
    database: Database,
    /// The statement that fits the database; none before that has been read.
    statement: RwLock<Option<Arc<str>>>,
    /// Tokens are known by their MAC under this key alone: what is in memory, or in an order of
    /// hash buckets, tells nobody a token.
    key: [u8; 32],
    known: Cache<Fingerprint, Known>,
    unknown: Cache<Fingerprint, ()>,
}

type Fingerprint = [u8; 32];

/// A user whom a token belongs to.
#[derive(Debug, Clone)]
enum Known {
    Administrator(Caller),
    /// Administers no account: an agent.
    Nobody,
}

impl Administrators {
    /// Asks this database, once [`adapt`](Administrators::adapt) has said how.
    pub fn new(database: Database) -> Result<Administrators> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| Error::new(Code::Internal, format!("no random numbers: {error}")))?;
        Ok(Administrators(Arc::new(Inner {
            database,
            statement: RwLock::new(None),
            key,
            known: Cache::builder()
                .max_capacity(TOKENS)
                .time_to_live(KNOWN_FOR)
                .build(),
            unknown: Cache::builder()
                .max_capacity(TOKENS)
                .time_to_live(UNKNOWN_FOR)
                .build(),
        })))
    }

    /// Asks in a way that fits this database from now on; what it lacks for that.
    pub fn adapt(&self, catalogue: &Catalogue, schema: &str) -> Vec<Finding> {
        let findings = lacking(catalogue);
        if findings.is_empty() {
            *self
                .0
                .statement
                .write()
                .unwrap_or_else(PoisonError::into_inner) =
                Some(statement(catalogue, schema).into());
        }
        findings
    }
}

impl Authenticate for Administrators {
    fn authenticate<'a>(&'a self, token: &'a Secret) -> BoxFuture<'a, Result<Caller>> {
        Box::pin(async move {
            let inner = &self.0;
            let text = token.expose();
            // The database refuses the character, and nobody has such a token.
            if text.is_empty() || text.len() > LONGEST_TOKEN || text.contains('\0') {
                return Err(unknown());
            }
            let fingerprint = inner.fingerprint(token);
            if inner.unknown.contains_key(&fingerprint) {
                return Err(unknown());
            }
            let known = match inner.known.get(&fingerprint).await {
                Some(known) => known,
                // Seldom, and large: in a box of its own.
                None => Box::pin(inner.look_up_once(token, fingerprint)).await?,
            };
            match known {
                Known::Administrator(caller) => Ok(caller),
                Known::Nobody => Err(Error::new(
                    Code::Forbidden,
                    "the access token's user administers no account",
                )
                .hint("only users with the role of an administrator may ask")),
            }
        })
    }
}

impl Inner {
    fn fingerprint(&self, token: &Secret) -> Fingerprint {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(token.expose().as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Whom the database knows by this token; asked once, however many want to know it.
    async fn look_up_once(&self, token: &Secret, fingerprint: Fingerprint) -> Result<Known> {
        let look_up = async {
            match self.look_up(token).await? {
                Some(known) => Ok(known),
                None => {
                    self.unknown.insert(fingerprint, ()).await;
                    Err(unknown())
                }
            }
        };
        let known = self.known.try_get_with(fingerprint, look_up).await;
        known.map_err(|error| Error::clone(&error))
    }

    /// Whom the database knows by this token.
    async fn look_up(&self, token: &Secret) -> Result<Option<Known>> {
        let statement = self
            .statement
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(text) = statement else {
            let message = "the database has not been read yet";
            return Err(Error::new(Code::Unavailable, message).retry_after(2));
        };
        let statement = Statement {
            text: text.to_string(),
            params: vec![Param::binary(PgType::Text, token.expose())],
            plans: Plans::Auto,
        };
        let rows = self.database.read_all(&statement, PATIENCE).await;
        let rows = rows.map_err(|failure| match failure.reason {
            // Nothing that the client could narrow.
            Reason::Timeout => Error::new(
                Code::Unavailable,
                "the database is too slow to know the token",
            )
            .retry_after(2),
            _ => failure.error,
        })?;
        Ok(known(&rows))
    }
}

/// The user of the first row, and the accounts of all; a row without one says that there is none.
fn known(rows: &Rows) -> Option<Known> {
    let number = |row: usize, place| {
        let cell = rows.rows.get(row)?.cell(place)?;
        cell.try_into().ok().map(i64::from_be_bytes)
    };
    let user = number(0, USER)?;
    let accounts: Vec<i64> = (0..rows.rows.len())
        .filter_map(|row| number(row, ACCOUNT))
        .collect();
    Some(if accounts.is_empty() {
        Known::Nobody
    } else {
        Known::Administrator(Caller {
            name: format!("user {user}"),
            scope: Scope::of(accounts),
        })
    })
}

fn unknown() -> Error {
    Error::new(Code::Unauthorized, "the access token is not known")
}

// The places of the statement's columns.
const USER: usize = 0;
const ACCOUNT: usize = 1;

/// The user behind a token, in a row for each account that they administer, or in one without.
///
/// * Tokens of bots and platform apps have owner ids that collide with those of users.
/// * A user who is deleted has tokens left, and an account memberships.
fn statement(catalogue: &Catalogue, schema: &str) -> String {
    let schema = format!("\"{}\"", schema.replace('"', "\"\""));
    // The column came with Chatwoot 2.9.
    let has_status = catalogue
        .tables
        .get("accounts")
        .is_some_and(|table| table.columns.contains_key("status"));
    let active = if has_status {
        format!(" AND a.status IS DISTINCT FROM {SUSPENDED}")
    } else {
        String::new()
    };
    format!(
        "SELECT u.id::int8, a.id::int8 \
         FROM {schema}.access_tokens t \
         JOIN {schema}.users u ON u.id = t.owner_id \
         LEFT JOIN {schema}.account_users m ON m.user_id = u.id AND m.role = {ADMINISTRATOR} \
         LEFT JOIN {schema}.accounts a ON a.id = m.account_id{active} \
         WHERE t.owner_type = 'User' AND t.token = $1 AND t.token <> ''"
    )
}

/// What the statement reads.
const NEEDED: &[(&str, &[&str])] = &[
    ("access_tokens", &["owner_type", "owner_id", "token"]),
    ("users", &["id"]),
    ("account_users", &["account_id", "user_id", "role"]),
    ("accounts", &["id"]),
];

/// What of it the database does not have, or the role may not read. Without it nobody can be let
/// in.
fn lacking(catalogue: &Catalogue) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |message: String| {
        findings.push(Finding {
            severity: Severity::Error,
            what: "access tokens".to_owned(),
            message: format!("{message}; without it nobody can be let in"),
        });
    };
    for (name, columns) in NEEDED {
        let Some(table) = catalogue.tables.get(*name) else {
            find(format!("table '{name}' does not exist"));
            continue;
        };
        if !table.readable {
            find(format!("the role may not read table '{name}'"));
            continue;
        }
        for column in *columns {
            if let Some(why) = column_lacks(table, column) {
                find(format!("column '{name}.{column}' {why}"));
            }
        }
        // Whoever may not see whether an account is suspended must not take it for active.
        if *name == "accounts" && table.columns.get("status").is_some_and(|it| !it.readable) {
            find("column 'accounts.status' may not be read by the role".to_owned());
        }
    }
    findings
}

fn column_lacks(table: &CatalogueTable, column: &str) -> Option<&'static str> {
    match table.columns.get(column) {
        None => Some("does not exist"),
        Some(column) if !column.readable => Some("may not be read by the role"),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use odata_core::edm::CatalogueColumn;

    fn catalogue() -> Catalogue {
        let mut catalogue = Catalogue::default();
        for (name, columns) in NEEDED {
            let table = catalogue.tables.entry((*name).to_owned()).or_default();
            table.readable = true;
            for column in columns
                .iter()
                .chain((*name == "accounts").then_some(&"status"))
            {
                table.columns.insert((*column).to_owned(), column_of());
            }
        }
        catalogue
    }

    fn column_of() -> CatalogueColumn {
        CatalogueColumn {
            ty: Some(PgType::Int4),
            type_name: "integer".to_owned(),
            not_null: true,
            readable: true,
        }
    }

    #[test]
    fn the_statement_fits_the_database() {
        let mut catalogue = catalogue();
        let text = statement(&catalogue, "chat\"woot");
        assert!(
            text.contains("FROM \"chat\"\"woot\".access_tokens t "),
            "{text}"
        );
        assert!(text.contains("a.status IS DISTINCT FROM 1"), "{text}");
        let accounts = catalogue.tables.get_mut("accounts").unwrap();
        accounts.columns.remove("status");
        let text = statement(&catalogue, "public");
        assert!(!text.contains("status"), "{text}");
        assert!(lacking(&catalogue).is_empty());
    }

    #[test]
    fn everything_that_is_lacking_is_named_at_once() {
        let mut catalogue = catalogue();
        assert!(lacking(&catalogue).is_empty());
        catalogue.tables.remove("access_tokens");
        catalogue.tables.get_mut("account_users").unwrap().readable = false;
        let accounts = catalogue.tables.get_mut("accounts").unwrap();
        accounts.columns.get_mut("status").unwrap().readable = false;
        catalogue.tables.get_mut("users").unwrap().columns.clear();
        let messages: Vec<_> = lacking(&catalogue)
            .into_iter()
            .map(|finding| finding.message)
            .collect();
        assert_eq!(
            messages,
            [
                "table 'access_tokens' does not exist; without it nobody can be let in",
                "column 'users.id' does not exist; without it nobody can be let in",
                "the role may not read table 'account_users'; without it nobody can be let in",
                "column 'accounts.status' may not be read by the role; without it nobody can be let in",
            ]
        );
    }
}
