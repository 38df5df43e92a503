//! A database with many messages on a PostgreSQL of its own, for those who measure or break it.

use local_postgres::{Server as Postgres, Settings};
use std::time::{Duration, Instant};
use tests::Server;
use tokio_postgres::NoTls;

const PATIENCE: Duration = Duration::from_secs(20);

/// One inbox with 100 conversations, each with its part of the messages.
const LARGE: &str = "
    INSERT INTO accounts (id, name, created_at, updated_at) VALUES (1, 'large', now(), now());
    INSERT INTO users (id, name, created_at, updated_at) VALUES (1, 'Ruth', now(), now());
    INSERT INTO account_users (account_id, user_id, role, created_at, updated_at) VALUES (1, 1, 1, now(), now());
    INSERT INTO access_tokens (owner_type, owner_id, token, created_at, updated_at) VALUES ('User', 1, 'KEY', now(), now());
    INSERT INTO inboxes (id, channel_id, account_id, name, created_at, updated_at) VALUES (1, 1, 1, 'all', now(), now());
    INSERT INTO conversations (id, account_id, inbox_id, display_id, assignee_id, created_at, updated_at)
        SELECT i, 1, 1, i, 1, '2021-01-01', '2021-01-01' FROM generate_series(1, 100) i;
    INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, sender_type, sender_id, created_at, updated_at)
        SELECT i, 'message ' || i || repeat(' and more', i % 20), 1, 1, 1 + i % 100, i % 4, 'User', 1,
               timestamp '2021-01-01' + i * interval '1 minute', '2021-01-01'
        FROM generate_series(1, :messages) i;
    CREATE INDEX ON messages (conversation_id); CREATE INDEX ON messages (inbox_id); CREATE INDEX ON messages (account_id);
    CREATE INDEX ON conversations (inbox_id);
    ANALYZE";

/// The server, and a connection beside the service's.
pub(crate) struct Large {
    pub(crate) postgres: Postgres,
    pub(crate) owner: tokio_postgres::Client,
}

impl Large {
    pub(crate) async fn new(messages: usize) -> Large {
        Large::on(Settings::default(), messages).await
    }

    /// On a server that is like this.
    pub(crate) async fn on(mut settings: Settings, messages: usize) -> Large {
        settings
            .parameters
            .push(("max_wal_size".to_owned(), "4GB".to_owned()));
        let postgres = tests::Postgres::own(&settings);
        let owner = connect(&postgres).await;
        owner
            .batch_execute(liveagent_odata::demo::schema_sql())
            .await
            .unwrap();
        let sql = LARGE.replace(":messages", &messages.to_string());
        owner.batch_execute(&sql).await.unwrap();
        Large { postgres, owner }
    }

    pub(crate) fn url(&self) -> String {
        self.postgres.connection_string("postgres")
    }

    pub(crate) fn server(
        &self,
        change: impl FnOnce(&mut liveagent_odata::config::Config),
    ) -> Server {
        let server = Server::start_anyway(&self.url(), change);
        assert!(
            server
                .report()
                .is_some_and(liveagent_odata::check::Report::fits)
        );
        server
    }

    /// Backends of the service in such a state.
    pub(crate) async fn backends(&self, condition: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'liveagent-odata' AND {condition}"
        );
        self.owner.query_one(&sql, &[]).await.unwrap().get(0)
    }

    /// Ends the service's sessions in such a state: how many there were.
    pub(crate) async fn end_sessions(&self, condition: &str) -> i64 {
        let sql = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE application_name = 'liveagent-odata' AND {condition}"
        );
        self.owner.query_one(&sql, &[]).await.unwrap().get(0)
    }

    /// Waits until no statement of the service runs.
    pub(crate) async fn until_idle(&self) -> Duration {
        let since = Instant::now();
        while self.backends("state <> 'idle'").await > 0 {
            assert!(since.elapsed() < PATIENCE, "a backend is busy");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        since.elapsed()
    }

    pub(crate) async fn until_busy(&self) {
        let since = Instant::now();
        while self.backends("state = 'active'").await == 0 {
            assert!(since.elapsed() < PATIENCE, "no backend is busy");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

pub(crate) async fn connect(postgres: &Postgres) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(&postgres.connection_string("postgres"), NoTls)
            .await
            .unwrap();
    tokio::spawn(connection);
    client
}
