//! The database: the demo's tables with a million messages, kept from one run to the next.

use crate::Failed;
use liveagent_odata::demo;
use local_postgres::{Directory, Options, Server, Settings, discover};
use std::hash::{DefaultHasher, Hash, Hasher};
use tokio_postgres::{Client, NoTls};

/// The rows; see its head.
const DATA: &str = include_str!("../data.sql");
/// Memory as a server of this size has it.
const PARAMETERS: &[(&str, &str)] = &[
    ("shared_buffers", "1GB"),
    ("max_wal_size", "4GB"),
    ("max_connections", "300"),
    ("jit", "off"),
];

/// A PostgreSQL with the data.
pub(crate) struct World {
    pub(crate) postgres: Server,
    database: String,
}

impl World {
    /// Starts the server, and fills it unless it is full.
    pub(crate) async fn open() -> Result<World, Failed> {
        let installation = discover(&Options::from_env())?;
        let directory = Directory::Kept {
            path: Directory::usual("liveagent-odata-bench"),
            fresh: false,
        };
        let parameters = PARAMETERS.iter();
        let settings = Settings {
            parameters: parameters
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Settings::default()
        };
        let postgres = installation.start(&directory, &settings)?;
        let mut hasher = DefaultHasher::new();
        (DATA, demo::schema_sql(), demo::indexes_sql()).hash(&mut hasher);
        let world = World {
            postgres,
            database: format!("bench_{:016x}", hasher.finish()),
        };
        world.fill().await?;
        Ok(world)
    }

    /// Where the service finds it.
    pub(crate) fn url(&self) -> String {
        self.postgres.connection_string(&self.database)
    }

    /// The database's name.
    pub(crate) fn name(&self) -> &str {
        &self.database
    }

    /// A bare client.
    pub(crate) async fn client(&self) -> Result<Client, Failed> {
        connect(&self.url()).await
    }

    /// The same server with a copy of the database, for whoever changes it.
    pub(crate) async fn copied(self) -> Result<World, Failed> {
        let copy = format!("{}_copy", self.database);
        let server = connect(&self.postgres.connection_string("postgres")).await?;
        for sql in [
            format!("DROP DATABASE IF EXISTS {copy} WITH (FORCE)"),
            format!("CREATE DATABASE {copy} TEMPLATE {}", self.database),
        ] {
            server.batch_execute(&sql).await?;
        }
        Ok(World {
            database: copy,
            ..self
        })
    }

    /// Drops the database, which is a copy.
    pub(crate) async fn drop_copy(self) -> Result<(), Failed> {
        let server = connect(&self.postgres.connection_string("postgres")).await?;
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.database);
        Ok(server.batch_execute(&drop).await?)
    }

    async fn fill(&self) -> Result<(), Failed> {
        let server = connect(&self.postgres.connection_string("postgres")).await?;
        let known = "SELECT 1 FROM pg_database WHERE datname = $1";
        if server.query_opt(known, &[&self.database]).await?.is_some() {
            return Ok(());
        }
        eprintln!("making 1,110,000 messages (once)");
        let filling = format!("{}_filling", self.database);
        let drop = format!("DROP DATABASE IF EXISTS {filling}");
        server.batch_execute(&drop).await?;
        let create = format!("CREATE DATABASE {filling}");
        server.batch_execute(&create).await?;
        let client = connect(&self.postgres.connection_string(&filling)).await?;
        for sql in [demo::schema_sql(), DATA, demo::indexes_sql()] {
            client.batch_execute(sql).await?;
        }
        // Each by itself: several in one text are one transaction.
        for sql in ["VACUUM (ANALYZE, FREEZE)", "CHECKPOINT"] {
            client.batch_execute(sql).await?;
        }
        std::mem::drop(client);
        // A database that is full has the name by which it is found.
        let rename = format!("ALTER DATABASE {filling} RENAME TO {}", self.database);
        let mut tries = 0;
        while let Err(error) = server.batch_execute(&rename).await {
            tries += 1;
            if tries > 50 {
                return Err(error.into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

async fn connect(url: &str) -> Result<Client, Failed> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
