//! Databases of the tests' own: empty ones, copies of a template, and one for those who only read.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::OnceCell;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};

use crate::postgres::{self, Postgres, connect};

/// A database named `t_*` on the shared server. It is dropped with the value.
#[derive(Debug)]
pub struct Database {
    name: String,
    config: Config,
}

/// Behind a connection string: its sessions wait for a lock longer than any test looks at them.
pub const WAITING_FOR_LOCKS: &str = " options='-c lock_timeout=60s'";

impl Database {
    /// One with nothing in it.
    pub async fn empty() -> Database {
        Database::create("TEMPLATE template0").await
    }

    /// A copy of the template of this name, which `seed` fills the first time that it is asked
    /// for.
    pub async fn from_template(name: &str, seed: impl AsyncFnOnce(&Client)) -> Database {
        static TEMPLATES: Cells<Database> = LazyLock::new(Mutex::default);
        let template = once(&TEMPLATES, name, seed).await;
        Database::create(&format!("TEMPLATE {}{}", template.name, strategy().await)).await
    }

    /// The one database of this name for all who only read, filled by `seed` the first time that
    /// it is asked for.
    pub async fn shared(name: &str, seed: impl AsyncFnOnce(&Client)) -> Arc<Database> {
        static SHARED: Cells<Database> = LazyLock::new(Mutex::default);
        once(&SHARED, name, seed).await
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to reach it.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The same, as a connection string in key-value form.
    pub fn connection_string(&self) -> String {
        postgres::connection_string(&self.config)
    }

    /// A new connection, for what the test does beside the service.
    pub async fn connect(&self) -> Client {
        connect(&self.config).await.unwrap()
    }

    async fn create(options: &str) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = Postgres::shared().config();
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.subsec_nanos());
        let name = format!(
            "t_{}_{}_{nanos:x}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let client = connect(server).await.unwrap();
        let create = format!("CREATE DATABASE {name} {options}");
        // A session in the template ends a moment after its client.
        for _ in 0..200 {
            match client.batch_execute(&create).await {
                Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("{create}: {error:?}"),
                Ok(()) => {
                    let comment = format!("COMMENT ON DATABASE {name} IS '{}'", mark());
                    client.batch_execute(&comment).await.unwrap();
                    let mut config = server.clone();
                    config.dbname(&name);
                    return Database { name, config };
                }
            }
        }
        panic!("{create}: the template is in use");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = Postgres::shared().config().clone();
        if let Err(error) =
            apart(move || async move { connect(&server).await?.batch_execute(&sql).await })
        {
            postgres::say(&format!("tests: could not drop {}: {error}", self.name));
        }
    }
}

/// Drops what a run before this one left on a server that outlives it: statics are not dropped at
/// the end of a process, and a killed one drops nothing.
pub(crate) fn remove_leftovers(server: &Config) -> Result<(), tokio_postgres::Error> {
    let server = server.clone();
    apart(move || async move {
        let client = connect(&server).await?;
        let rows = client
            .query(
                "SELECT d.datname::text, s.description FROM pg_database d
                 JOIN pg_shdescription s ON s.objoid = d.oid AND s.classoid = 'pg_database'::regclass
                 WHERE d.datname LIKE 't\\_%'",
                &[],
            )
            .await?;
        for row in rows {
            let (name, comment): (String, String) = (row.get(0), row.get(1));
            if is_left_over(&comment) {
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                client.batch_execute(&sql).await?;
            }
        }
        Ok(())
    })
}

type Cells<T> = LazyLock<Mutex<HashMap<String, Arc<OnceCell<Arc<T>>>>>>;

async fn once(
    cells: &Cells<Database>,
    name: &str,
    seed: impl AsyncFnOnce(&Client),
) -> Arc<Database> {
    let cell = Arc::clone(
        cells
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .entry(name.to_owned())
            .or_default(),
    );
    let database = cell
        .get_or_init(|| async {
            let database = Database::empty().await;
            seed(&database.connect().await).await;
            Arc::new(database)
        })
        .await;
    Arc::clone(database)
}

/// Copying files is the faster way to copy a template, where there is a choice (since 15).
async fn strategy() -> &'static str {
    static STRATEGY: OnceCell<&str> = OnceCell::const_new();
    STRATEGY
        .get_or_init(|| async {
            let client = connect(Postgres::shared().config()).await.unwrap();
            let row = client
                .query_one("SELECT current_setting('server_version_num')::int4", &[])
                .await
                .unwrap();
            let version: i32 = row.get(0);
            if version >= 150_000 {
                " STRATEGY file_copy"
            } else {
                ""
            }
        })
        .await
}

/// Runs a future on a thread and a runtime of its own, for callers that may be inside of one.
fn apart<F, T>(future: impl FnOnce() -> F + Send + 'static) -> T
where
    F: Future<Output = T>,
    T: Send + 'static,
{
    std::thread::spawn(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts")
            .block_on(future())
    })
    .join()
    .expect("the future does not panic")
}

/// The comment of each database: who made it.
fn mark() -> String {
    format!("odata tests, process {} on {}", std::process::id(), host())
}

fn is_left_over(comment: &str) -> bool {
    let Some((pid, at)) = comment
        .strip_prefix("odata tests, process ")
        .and_then(|rest| rest.split_once(" on "))
    else {
        return false;
    };
    at == host() && !lives(pid)
}

fn lives(pid: &str) -> bool {
    Command::new("kill")
        .args(["-0", pid])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_default()
        .trim()
        .replace('\'', "")
}
