//! The demo's database on a server: found, or made and filled.
//!
//! What comes in: how to reach the server. What goes out: the tokens. The database says in its
//! comment who made it and what is in it; the comment of a complete one is written last, so a
//! filling that was interrupted is seen and done again.

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::{CONVERSATIONS, DATABASE, Error, data_sql, indexes_sql, schema_sql, server_of};

/// Raised with every change of the schema or the rows: data of another version is made anew.
const VERSION: u32 = 1;

/// Begins the comment of each database that the demo made.
const MARK: &str = "made by liveagent-odata demo, ";

/// The key of the lock that one filling holds against another, on the server as a whole.
const LOCK: i64 = 0x6c61_6f64_656d_6f00;

/// What is wanted.
pub(super) struct Order {
    /// How many conversations; as many as there are, where nothing is said.
    pub(super) conversations: Option<u64>,
    pub(super) fresh: bool,
    pub(super) say: fn(&str),
}

/// The access tokens of the sample data. They are random, made with it, and kept in it.
#[derive(Clone)]
pub struct Tokens {
    /// Of the administrator of the first two accounts.
    pub administrator: String,
    /// Of an agent, who administers nothing: 403.
    pub agent: String,
    /// Of the administrator of the third account.
    pub other: String,
}

/// Sees to it that the database is there and complete.
pub(super) async fn ensure(maintenance: &str, order: &Order) -> Result<Tokens, Error> {
    let server: Config = maintenance.parse().map_err(Error::Url)?;
    let mut demo = server.clone();
    demo.dbname(DATABASE);
    let client = connect(&server).await?;
    lock(&client, order.say).await?;
    let found = state(&client, &server).await?;
    let wanted = match (&found, order.conversations) {
        (State::Complete { conversations, .. }, None) => *conversations,
        (_, wanted) => wanted.unwrap_or(CONVERSATIONS),
    };
    let current = found
        == State::Complete {
            version: VERSION,
            conversations: wanted,
        };
    if !current || order.fresh {
        (order.say)(&match found {
            _ if order.fresh => "making the sample data anew".to_owned(),
            State::Absent => "making the sample data".to_owned(),
            State::Begun => "the sample data is not complete: making it anew".to_owned(),
            State::Complete { version, .. } if version != VERSION => {
                "the sample data is of another version of this program: making it anew".to_owned()
            }
            State::Complete { conversations, .. } => {
                format!("the sample data has {conversations} conversations: making it anew")
            }
        });
        let begun = Instant::now();
        make(&client, &found).await?;
        fill(&demo, wanted, order.say).await?;
        comment(&client, &complete(wanted)).await?;
        (order.say)(&format!(
            "sample data made in {:.1} s",
            begun.elapsed().as_secs_f32()
        ));
    }
    read_tokens(&connect(&demo).await?).await
}

/// What the comment says.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Absent,
    Begun,
    Complete { version: u32, conversations: u64 },
}

async fn state(client: &Client, server: &Config) -> Result<State, Error> {
    let rows = client
        .query(
            "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = $1",
            &[&DATABASE],
        )
        .await
        .map_err(database("look at the server's databases"))?;
    let Some(row) = rows.first() else {
        return Ok(State::Absent);
    };
    let comment: Option<String> = row.get(0);
    let Some(rest) = comment.as_deref().and_then(|text| text.strip_prefix(MARK)) else {
        return Err(Error::Foreign {
            server: server_of(server),
        });
    };
    Ok(parse_complete(rest).unwrap_or(State::Begun))
}

fn complete(conversations: u64) -> String {
    format!("{MARK}data version {VERSION}, {conversations} conversations")
}

fn parse_complete(rest: &str) -> Option<State> {
    let (version, conversations) = rest
        .strip_prefix("data version ")?
        .strip_suffix(" conversations")?
        .split_once(", ")?;
    Some(State::Complete {
        version: version.parse().ok()?,
        conversations: conversations.parse().ok()?,
    })
}

/// Holds other demos on this server back until the session ends.
async fn lock(client: &Client, say: fn(&str)) -> Result<(), Error> {
    let row = client
        .query_one("SELECT pg_catalog.pg_try_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(database("lock the sample data"))?;
    if !row.get::<_, bool>(0) {
        say("waiting for another demo that makes the data");
        client
            .execute("SELECT pg_catalog.pg_advisory_lock($1)", &[&LOCK])
            .await
            .map_err(database("lock the sample data"))?;
    }
    Ok(())
}

/// An empty database, in place of what the demo made before.
async fn make(client: &Client, found: &State) -> Result<(), Error> {
    let drop = match found {
        State::Absent => None,
        // Whoever fills it has lost the lock; the session may not know it yet.
        State::Begun => Some(format!("DROP DATABASE {DATABASE} WITH (FORCE)")),
        // Somebody may be looking at complete data: that one is not thrown out.
        State::Complete { .. } => Some(format!("DROP DATABASE {DATABASE}")),
    };
    if let Some(drop) = drop {
        client
            .batch_execute(&drop)
            .await
            .map_err(database("drop the old sample data"))?;
    }
    client
        .batch_execute(&format!(
            "CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'"
        ))
        .await
        .map_err(database(&format!("create the database '{DATABASE}'")))?;
    comment(client, &format!("{MARK}not complete")).await
}

async fn comment(client: &Client, text: &str) -> Result<(), Error> {
    client
        .batch_execute(&format!("COMMENT ON DATABASE {DATABASE} IS '{text}'"))
        .await
        .map_err(database("mark the sample data"))
}

async fn fill(demo: &Config, conversations: u64, say: fn(&str)) -> Result<(), Error> {
    let client = connect(demo).await?;
    let run = async |what: &str, sql: &str| {
        client
            .batch_execute(sql)
            .await
            .map_err(database(&format!("make the sample data ({what})")))
    };
    // Compiling these statements costs more than it saves.
    run(
        "begin",
        "BEGIN; SET LOCAL jit = off; SET LOCAL synchronous_commit = off",
    )
    .await?;
    run("tables", schema_sql()).await?;
    let data = data_sql(conversations);
    for part in data.split("\n-- # ") {
        let what = part.lines().next().unwrap_or_default();
        match part.starts_with("--") {
            // The head of the file.
            true => run("functions", part).await?,
            false => {
                say(&format!("  {what}"));
                run(what, &format!("-- {part}")).await?;
            }
        }
    }
    write_tokens(&client).await?;
    run("commit", "COMMIT").await?;
    say("  indexes");
    // The messages have about half of the work, so the rest goes beside them.
    let other = connect(demo).await?;
    let (messages, others): (Vec<&str>, Vec<&str>) = indexes_sql()
        .split_inclusive(';')
        .partition(|statement| statement.contains(" ON messages "));
    let messages = format!("{}; ANALYZE messages", messages.concat());
    let others = format!("{}; {ANALYZE_OTHERS}", others.concat());
    tokio::try_join!(
        client.batch_execute(&messages),
        other.batch_execute(&others)
    )
    .map_err(database("make the indexes"))?;
    Ok(())
}

const ANALYZE_OTHERS: &str = "ANALYZE accounts, users, account_users, access_tokens, inboxes, \
     inbox_members, teams, labels, tags, taggings, conversations, reporting_events";

/// Whose tokens there are: those that are printed, one of a suspended account's administrator, and
/// those of bots, whose ids collide with users'.
const OWNERS: [(&str, i64); 6] = [
    ADMINISTRATOR,
    AGENT,
    OTHER,
    ("User", 5),
    ("AgentBot", 1),
    ("PlatformApp", 3),
];
const ADMINISTRATOR: (&str, i64) = ("User", 1);
const AGENT: (&str, i64) = ("User", 2);
const OTHER: (&str, i64) = ("User", 3);

async fn write_tokens(client: &Client) -> Result<(), Error> {
    for (kind, id) in OWNERS {
        client
            .execute(
                "INSERT INTO access_tokens (owner_type, owner_id, token, created_at, updated_at)
                 VALUES ($1, $2, $3, '2024-06-21', '2024-06-21')",
                &[&kind, &id, &random_token()?],
            )
            .await
            .map_err(database("store the tokens"))?;
    }
    Ok(())
}

fn random_token() -> Result<String, Error> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(Error::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn read_tokens(client: &Client) -> Result<Tokens, Error> {
    let token = async |(kind, id): (&str, i64)| {
        let row = client
            .query_one(
                "SELECT token FROM public.access_tokens WHERE owner_type = $1 AND owner_id = $2",
                &[&kind, &id],
            )
            .await
            .map_err(database("read the tokens"))?;
        row.try_get(0).map_err(database("read the tokens"))
    };
    Ok(Tokens {
        administrator: token(ADMINISTRATOR).await?,
        agent: token(AGENT).await?,
        other: token(OTHER).await?,
    })
}

/// Opens a connection. A server that was just started, or whose queue is full, gets some tries.
async fn connect(config: &Config) -> Result<Client, Error> {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match config.connect(NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return Ok(client);
            }
            Err(error)
                if error.code() == Some(&SqlState::CANNOT_CONNECT_NOW)
                    && Instant::now() < until =>
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => {
                return Err(database(&format!("connect to {}", server_of(config)))(
                    error,
                ));
            }
        }
    }
}

fn database(doing: &str) -> impl FnOnce(tokio_postgres::Error) -> Error {
    let doing = doing.to_owned();
    move |source| Error::Database { doing, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_says_what_is_there() {
        let text = complete(1234);
        assert_eq!(
            text,
            "made by liveagent-odata demo, data version 1, 1234 conversations"
        );
        assert_eq!(
            parse_complete(text.strip_prefix(MARK).unwrap()),
            Some(State::Complete {
                version: VERSION,
                conversations: 1234
            })
        );
        for other in ["not complete", "data version x, 1 conversations", ""] {
            assert_eq!(parse_complete(other), None, "{other}");
        }
    }

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, other) = (random_token().unwrap(), random_token().unwrap());
        assert!(one.len() == 32 && one != other);
    }
}
