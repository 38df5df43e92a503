//! The comparison of the model with a database: everything that was found, as one report.

use crate::advice::advice;
use crate::auth::Administrators;
use crate::config::Config;
use crate::entities;
use crate::exit::{self, Exit};
use odata_core::db::{Database, Failure};
use odata_core::edm::{Finding, Schema, Severity};
use std::fmt;
use std::io::Write as _;

/// What a comparison found.
#[derive(Debug, Clone)]
pub struct Report {
    /// Everything, the worst first.
    pub findings: Vec<Finding>,
    /// Where the database is, without the password, and which of its schemas was read.
    pub place: String,
    /// Sets that are served, of those that are declared.
    pub served: (usize, usize),
    /// What would make the database better to serve from.
    pub advice: Vec<String>,
    strict: bool,
}

/// Reads the catalogue of a database and lays the model on it.
pub async fn compare(
    database: &Database,
    config: &Config,
    administrators: &Administrators,
) -> Result<(Schema, Report), Failure> {
    let name = &config.resolve.database_schema;
    let catalogue = database.catalogue(name).await?;
    let model = entities::model();
    let (schema, mut findings) = Schema::resolve(&model, Some(&catalogue), &config.resolve);
    findings.extend(administrators.adapt(&catalogue, name));
    if catalogue.tables.is_empty() {
        findings = vec![no_tables(name)];
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let report = Report {
        findings,
        place: format!("{}, schema {name}", config.database),
        served: (schema.sets().len(), model.entity_types.len()),
        advice: advice(&schema, &catalogue),
        strict: config.strict_schema,
    };
    Ok((schema, report))
}

/// One finding instead of dozens where nothing is right.
fn no_tables(schema: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        what: schema.to_owned(),
        message:
            "there is no such schema, or it has no tables; is it another database, or another \
                  --database-schema?"
                .to_owned(),
    }
}

impl Report {
    /// Whether the service starts on this database.
    pub fn fits(&self) -> bool {
        let most = if self.strict {
            Severity::Notice
        } else {
            Severity::Warning
        };
        self.findings.iter().all(|finding| finding.severity <= most)
    }

    /// Writes it to the log, a line for each finding.
    pub fn log(&self) {
        for Finding {
            severity,
            what,
            message,
        } in &self.findings
        {
            match severity {
                Severity::Error => tracing::error!("{what}: {message}"),
                Severity::Warning => tracing::warn!("{what}: {message}"),
                Severity::Notice => tracing::info!("{what}: {message}"),
            }
        }
    }

    /// The end of the program, for a database that does not fit.
    pub fn exit(&self) -> Exit {
        Exit::new(exit::CONFIG, self.to_string())
    }

    fn count(&self, severity: Severity) -> usize {
        let of_that = |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(of_that).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (Severity::Error, "error"),
            (Severity::Warning, "warning"),
            (Severity::Notice, "notice"),
        ]
        .into_iter()
        .filter_map(|(severity, name)| match self.count(severity) {
            0 => None,
            1 => Some(format!("1 {name}")),
            n => Some(format!("{n} {name}s")),
        })
        .collect::<Vec<_>>();
        f.write_str(if self.fits() {
            "the database matches the model"
        } else {
            "the database does not match the model"
        })?;
        if !counts.is_empty() {
            write!(f, " ({})", counts.join(", "))?;
        }
        write!(f, ", in {}", self.place)?;
        for Finding {
            severity,
            what,
            message,
        } in &self.findings
        {
            let severity = match severity {
                Severity::Error => "error  ",
                Severity::Warning => "warning",
                Severity::Notice => "notice ",
            };
            write!(f, "\n  {severity} {what}: {message}")?;
        }
        let (served, declared) = self.served;
        if self.fits() {
            write!(f, "\n{served} of {declared} entity sets are served")?;
        } else if self.count(Severity::Error) == 0 {
            f.write_str("\nwithout --strict-schema the service would start")?;
        }
        Ok(())
    }
}

/// The command `check`: the report on stdout; whether `serve` would start as the end of the program.
pub async fn run(config: Config) -> Result<(), Exit> {
    let database = open(&config)?;
    let administrators = Administrators::new(database.clone())
        .map_err(|error| Exit::new(exit::SOFTWARE, error.to_string()))?;
    let (_, report) = compare(&database, &config, &administrators)
        .await
        .map_err(|failure| {
            let place = &config.database;
            Exit::new(
                exit::TEMPORARY,
                format!("cannot read the database {place}: {failure}"),
            )
        })?;
    if !report.fits() {
        return Err(report.exit());
    }
    let mut text = report.to_string();
    for advice in &report.advice {
        text.push_str("\n  advice  ");
        text.push_str(advice);
    }
    writeln!(std::io::stdout(), "{text}")
        .map_err(|error| Exit::new(exit::SOFTWARE, format!("cannot write: {error}")))
}

/// The database of a configuration. It is not connected to yet.
pub fn open(config: &Config) -> Result<Database, Exit> {
    Database::open(config.database.clone(), config.pool.clone())
        .map_err(|error| Exit::new(exit::USAGE, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(findings: &[(Severity, &str, &str)], strict: bool) -> Report {
        Report {
            findings: findings
                .iter()
                .map(|(severity, what, message)| Finding {
                    severity: *severity,
                    what: (*what).to_owned(),
                    message: (*message).to_owned(),
                })
                .collect(),
            place: "host=db:5432 dbname=chat, schema public".to_owned(),
            served: (5, 6),
            advice: Vec::new(),
            strict,
        }
    }

    #[test]
    fn a_report_names_everything_and_the_outcome() {
        let missing = (Severity::Error, "Label.color", "column is missing");
        let null = (Severity::Warning, "Label.description", "served as null");
        let check = |findings: &[_], strict, expected: &str| {
            assert_eq!(report(findings, strict).to_string(), expected);
        };
        check(
            &[],
            true,
            "the database matches the model, in host=db:5432 dbname=chat, schema public\n\
             5 of 6 entity sets are served",
        );
        check(
            &[null],
            false,
            "the database matches the model (1 warning), in host=db:5432 dbname=chat, schema public\n  \
             warning Label.description: served as null\n\
             5 of 6 entity sets are served",
        );
        check(
            &[null],
            true,
            "the database does not match the model (1 warning), in host=db:5432 dbname=chat, schema public\n  \
             warning Label.description: served as null\n\
             without --strict-schema the service would start",
        );
        check(
            &[missing, missing, null],
            false,
            "the database does not match the model (2 errors, 1 warning), in host=db:5432 dbname=chat, schema public\n  \
             error   Label.color: column is missing\n  \
             error   Label.color: column is missing\n  \
             warning Label.description: served as null",
        );
    }
}
