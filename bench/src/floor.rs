//! The floor: what PostgreSQL gives to a bare client for the very statement of a URL.

use crate::Failed;
use crate::requests::{CONNECTIONS, THREADS};
use crate::world::World;
use futures_util::TryStreamExt;
use liveagent_odata::{advice::advice, check, config::Config, entities};
use odata_core::edm::{Catalogue, ResolveOptions, Schema, Scope};
use odata_core::limits::Limits;
use odata_core::plan::{self, Data, Keys, Page, Plan};
use odata_core::sql::{self, Statement, Wire};
use odata_core::uri;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio_postgres::types::{IsNull, ToSql, Type};
use tokio_postgres::{Client, GenericClient, Row};

/// More rows than there are.
pub(crate) const WHOLE: u64 = 10_000_000;

/// What makes statements of URLs.
pub(crate) struct Translator {
    pub(crate) schema: Schema,
    /// What the database has, where there is one.
    catalogue: Option<Catalogue>,
    pub(crate) limits: Limits,
}

impl Translator {
    /// For the model alone, as a database that has all of it would be.
    pub(crate) fn of_model() -> Translator {
        let options = ResolveOptions::default();
        let (schema, _) = Schema::resolve(&entities::model(), None, &options);
        Translator {
            schema,
            catalogue: None,
            limits: Limits::default(),
        }
    }

    pub(crate) async fn new(world: &World) -> Result<Translator, Failed> {
        let config = Config::new(world.url().parse()?);
        let database = check::open(&config).map_err(|exit| exit.to_string())?;
        let catalogue = database.catalogue("public").await?;
        let options = ResolveOptions::default();
        let (schema, _) = Schema::resolve(&entities::model(), Some(&catalogue), &options);
        Ok(Translator {
            schema,
            catalogue: Some(catalogue),
            limits: Limits::default(),
        })
    }

    /// The statement for a URL behind the service root, in these accounts.
    pub(crate) fn statement(
        &self,
        url: &str,
        accounts: &[i64],
        page: u64,
    ) -> Result<Statement, Failed> {
        self.page(url, accounts, &Page::first(page))
    }

    /// The indexes that `check` recommends for the database.
    pub(crate) fn recommended_indexes(&self) -> Vec<String> {
        let advice = self
            .catalogue
            .iter()
            .flat_map(|catalogue| advice(&self.schema, catalogue));
        advice.filter(|line| line.starts_with("CREATE")).collect()
    }

    /// The statement for one page of what a URL asks for.
    pub(crate) fn page(
        &self,
        url: &str,
        accounts: &[i64],
        page: &Page,
    ) -> Result<Statement, Failed> {
        let (data, keys) = self.plan(url)?;
        let scope = Scope::of(accounts.to_vec());
        let data = data.within(&scope);
        Ok(sql::select(&self.schema, data, &keys, &scope, page))
    }

    /// What a URL asks for, which is rows.
    pub(crate) fn plan(&self, url: &str) -> Result<(Box<Data>, Keys), Failed> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let uri = uri::parse(path, query, &self.limits)?;
        match plan::bind(&self.schema, &uri, &self.limits)? {
            (Plan::Data(data), keys) => Ok((data, keys)),
            _ => Err(format!("{url}: no rows").into()),
        }
    }
}

/// A statement's rows, thrown away: until the last, and how many.
pub(crate) async fn drain(
    client: &Client,
    statement: &Statement,
) -> Result<(Duration, u64), Failed> {
    let prepared = prepare(client, statement).await?;
    drain_prepared(client, &prepared, statement).await
}

/// The statement as a connection knows it.
pub(crate) async fn prepare(
    client: &impl GenericClient,
    statement: &Statement,
) -> Result<tokio_postgres::Statement, Failed> {
    let types = statement.params.iter();
    let types = types.map(|param| Type::from_oid(param.oid()).unwrap_or(Type::TEXT));
    let types: Vec<Type> = types.collect();
    Ok(client.prepare_typed(&statement.text, &types).await?)
}

/// The rows of one that was prepared; its parameters are those of `statement`.
pub(crate) async fn drain_prepared(
    client: &Client,
    prepared: &tokio_postgres::Statement,
    statement: &Statement,
) -> Result<(Duration, u64), Failed> {
    let started = Instant::now();
    let params = statement.params.iter().map(Bound);
    let rows = client.query_raw(prepared, params).await?;
    futures_util::pin_mut!(rows);
    let mut count = 0;
    while rows.try_next().await?.is_some() {
        count += 1;
    }
    Ok((started.elapsed(), count))
}

/// How PostgreSQL would run a statement, without figures that another run would have otherwise.
pub(crate) async fn explain(
    client: &impl GenericClient,
    statement: &Statement,
) -> Result<String, Failed> {
    let explain = Statement {
        text: format!("EXPLAIN (COSTS OFF) {}", statement.text),
        params: statement.params.clone(),
        plans: statement.plans,
    };
    let prepared = prepare(client, &explain).await?;
    let params: Vec<Bound<'_>> = statement.params.iter().map(Bound).collect();
    let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
    Ok(lines(&client.query(&prepared, &params).await?))
}

/// How it would run it with one plan for all values.
pub(crate) async fn explain_generic(
    client: &impl GenericClient,
    statement: &Statement,
) -> Result<String, Failed> {
    let types = statement.params.iter().map(|param| {
        let array = if param.array { "[]" } else { "" };
        format!("{}{array}", param.ty.sql_name())
    });
    let types = types.collect::<Vec<_>>().join(", ");
    let nulls = vec!["NULL"; statement.params.len()].join(", ");
    client
        .batch_execute(&format!(
            "SET plan_cache_mode = force_generic_plan; PREPARE any_values ({types}) AS {}",
            statement.text
        ))
        .await?;
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE any_values ({nulls})");
    let rows = client.query(&explain, &[]).await?;
    client
        .batch_execute("RESET plan_cache_mode; DEALLOCATE any_values")
        .await?;
    Ok(lines(&rows))
}

/// A plan's lines.
fn lines(rows: &[Row]) -> String {
    let mut plan = String::new();
    for row in rows {
        plan.push_str(row.get(0));
        plan.push('\n');
    }
    plan
}

/// A parameter in the form that the driver takes.
#[derive(Debug)]
pub(crate) struct Bound<'a>(pub(crate) &'a sql::Param);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0.value {
            Some(value) => {
                out.extend_from_slice(value);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> tokio_postgres::types::Format {
        match self.0.wire {
            Wire::Binary => tokio_postgres::types::Format::Binary,
            Wire::Text => tokio_postgres::types::Format::Text,
        }
    }

    tokio_postgres::types::to_sql_checked!();
}

/// Transactions a second that `pgbench -M prepared` gets out of a statement, whose whole numbers are
/// its parameters. `random` is the parameter that is another number each time, up to what is given.
pub(crate) fn pgbench(
    world: &World,
    statement: &Statement,
    random: Option<(usize, u64)>,
    seconds: u64,
) -> Result<f64, Failed> {
    let mut text = statement.text.replace('\n', " ");
    let mut script = String::new();
    for (place, param) in statement.params.iter().enumerate().rev() {
        let number = place + 1;
        let value = match random {
            Some((which, up_to)) if which == number => format!("random(1, {up_to})"),
            _ => whole_number(param)?.to_string(),
        };
        script.push_str(&format!("\\set p{number} {value}\n"));
        text = text.replace(&format!("${number}"), &format!(":p{number}"));
    }
    script.push_str(&text);
    script.push_str(";\n");
    let file = std::env::temp_dir().join(format!("bench-{}.sql", std::process::id()));
    std::fs::write(&file, script)?;
    let installation = world.postgres.installation();
    let output = Command::new(installation.bin_dir().join("pgbench"))
        .args(["-n", "-M", "prepared"])
        .args(["-c", &CONNECTIONS.to_string(), "-j", &THREADS.to_string()])
        .args(["-T", &seconds.to_string()])
        .args(["-h", &world.postgres.socket_dir().to_string_lossy()])
        .args([
            "-p",
            &world.postgres.port().to_string(),
            "-U",
            world.postgres.user(),
        ])
        .arg("-f")
        .arg(&file)
        .arg(world.name())
        .output()?;
    let _ = std::fs::remove_file(&file);
    let text = String::from_utf8_lossy(&output.stdout);
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let tps = tps.and_then(|rest| rest.split_whitespace().next());
    let failed = || format!("pgbench: {}", String::from_utf8_lossy(&output.stderr));
    Ok(tps.ok_or_else(failed)?.parse()?)
}

fn whole_number(param: &sql::Param) -> Result<i64, Failed> {
    let value = param.value.as_deref().unwrap_or_default();
    match value.len() {
        4 => Ok(i32::from_be_bytes(value.try_into()?).into()),
        8 => Ok(i64::from_be_bytes(value.try_into()?)),
        _ => Err("the statement has a parameter that is no whole number".into()),
    }
}
