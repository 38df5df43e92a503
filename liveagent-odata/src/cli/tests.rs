use super::*;
use crate::config::Config;
use odata_core::db::PoolOptions;
use odata_core::edm::ResolveOptions;
use std::time::Duration;

const DATABASE: &str = "--database-url=postgres://me:s3cret@db/chat";

/// Whatever the environment of the tests is.
fn parse(words: &[&str]) -> Result<Cli, clap::Error> {
    let deaf = |option: Arg| option.env(None::<&str>);
    let command = Cli::described().mut_subcommands(|command| command.mut_args(deaf));
    let words = ["liveagent-odata"].iter().chain(words);
    Cli::from_arg_matches(&command.mut_args(deaf).try_get_matches_from(words)?)
}

fn config(words: &[&str]) -> Result<Config, String> {
    let words = [&["serve"], words].concat();
    let cli = parse(&words).map_err(|error| error.to_string())?;
    let Command::Serve(serve) = cli.command else {
        panic!("not serve")
    };
    serve.config().map_err(|exit| {
        assert_eq!(exit.code, exit::USAGE);
        exit.message
    })
}

#[track_caller]
fn accepts(words: &[&str]) -> Config {
    let words = [&[DATABASE], words].concat();
    config(&words).unwrap_or_else(|message| panic!("{message}"))
}

#[track_caller]
fn refuses(words: &[&str], expected: &str) {
    let words = [&[DATABASE], words].concat();
    match config(&words) {
        Ok(_) => panic!("{words:?} was accepted"),
        Err(message) => {
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
    }
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::described().debug_assert();
}

#[test]
fn defaults_are_those_of_the_core() {
    let config = accepts(&[]);
    let settings = &config.settings;
    assert_eq!(settings.limits, Limits::default());
    assert_eq!(settings.limits.page_size, 10_000);
    assert_eq!(settings.limits.max_page_size, 1_000_000);
    assert_eq!(settings.limits.expand_page_size, 1_000);
    assert_eq!(settings.limits.statement_timeout(), Duration::from_secs(30));
    assert_eq!(settings.stall_timeout, Duration::from_secs(30));
    assert_eq!(settings.stream_timeout, Duration::from_secs(1800));
    assert_eq!(settings.service_path, "/v1.0/odata");
    assert!(!settings.private_metadata && config.explorer && settings.allow_query_token);
    assert_eq!(config.cors_origins, []);
    assert_eq!(config.pool, PoolOptions::default());
    assert_eq!(config.resolve, ResolveOptions::default());
    assert_eq!(config.listen, "127.0.0.1:8080");
    assert!(!config.strict_schema && !config.resolve.publish_secrets);
    assert_eq!(config.workers, None);
}

#[test]
fn every_option_arrives() {
    let config = accepts(&[
        "--listen=[::]:80",
        "--public-url=https://bi.example/chat/",
        "--allowed-hosts=BI.example,other.example:8443",
        "--trust-proxy=10.0.0.0/8,::1",
        "--page-size=5",
        "--max-page-size=6",
        "--expand-page-size=7",
        "--pool-size=8",
        "--statement-timeout=1500ms",
        "--stall-timeout=2m",
        "--rate-limit=60",
        "--limit=nodes=1000,depth=10",
        "--stream-timeout=1h",
        "--publish-credentials",
        "--strict-schema",
        "--private-metadata",
        "--allow-query-token=false",
        "--no-explorer",
        "--cors-origin=https://a.example,http://b.example:80",
        "--cors-origin=https://c.example",
        "--database-schema=chat woot",
        "--workers=3",
    ]);
    let settings = &config.settings;
    assert_eq!(config.listen, "[::]:80");
    assert_eq!(
        settings.hosts.public_url.as_deref(),
        Some("https://bi.example/chat")
    );
    assert_eq!(
        settings.hosts.allowed_hosts,
        ["bi.example", "other.example:8443"]
    );
    assert_eq!(settings.hosts.trusted_proxies.len(), 2);
    assert_eq!(settings.limits.page_size, 5);
    assert_eq!(settings.limits.max_page_size, 6);
    assert_eq!(settings.limits.expand_page_size, 7);
    assert_eq!(config.pool.size, 8);
    assert_eq!(settings.limits.statement_ms, 1500);
    assert_eq!(settings.limits.requests_per_minute, 60);
    assert_eq!((settings.limits.nodes, settings.limits.depth), (1000, 10));
    assert_eq!(config.pool.lane_timeout, Duration::from_millis(1500));
    assert_eq!(settings.stall_timeout, Duration::from_secs(120));
    assert_eq!(settings.stream_timeout, Duration::from_secs(3600));
    assert_eq!(config.pool.stream_timeout, Duration::from_secs(3600));
    assert!(config.resolve.publish_secrets && config.strict_schema);
    assert!(settings.private_metadata && !config.explorer && !settings.allow_query_token);
    let origins = ["https://a.example", "http://b.example", "https://c.example"];
    let origins = origins.map(|origin| Origin::One(origin.to_owned()));
    assert_eq!(config.cors_origins, origins);
    assert_eq!(config.resolve.database_schema, "chat woot");
    assert_eq!(config.workers, Some(3));
}

#[test]
fn what_is_wrong_is_said() {
    refuses(&["--page-size=0"], "expected a number of rows, at least 1");
    refuses(&["--limit=node=1"], "did you mean 'nodes'?");
    refuses(
        &["--limit=nodes"],
        "expected the name of a limit and its value",
    );
    refuses(
        &["--limit=page_size=0"],
        "expected at least 1 for page_size",
    );
    refuses(&["--limit=nodes=-1"], "expected a number behind 'nodes='");
    refuses(
        &["--limit=max_page_size=5"],
        "more than --max-page-size, which is 5",
    );
    refuses(&["--page-size=many"], "expected a number of rows");
    refuses(
        &["--page-size=20", "--max-page-size=10"],
        "--page-size is 20, more than --max-page-size, which is 10",
    );
    refuses(
        &["--cors-origin=bi.example"],
        "expected an origin such as https://bi.example, without a path",
    );
    refuses(
        &["--statement-timeout=2h"],
        "--statement-timeout is 2h, more than --stream-timeout, which is 30m",
    );
    refuses(
        &["--statement-timeout=30"],
        "expected a number with its unit",
    );
    refuses(&["--stall-timeout=0s"], "expected more than nothing");
    refuses(&["--stream-timeout=99999h"], "expected at most 576h");
    refuses(&["--pool-size=0"], "0 is not in 1..");
    refuses(&["--workers=0"], "0 is not in 1..");
    refuses(&["--listen=8080"], "expected a host and a port");
    refuses(&["--listen=:8080"], "expected a host and a port");
    refuses(&["--public-url=bi.example"], "expected an absolute URL");
    refuses(
        &["--public-url=ftp://bi.example"],
        "expected an absolute URL",
    );
    refuses(&["--public-url=/path"], "expected an absolute URL");
    refuses(&["--public-url=https://bi.example?a=b"], "without query");
    refuses(&["--public-url=https://me:pw@bi.example"], "without user");
    refuses(
        &["--public-url=https://bi.example/v1.0/odata/"],
        "expected what stands before the service's own path: https://bi.example",
    );
    refuses(
        &["--allowed-hosts=https://bi.example"],
        "expected a host name",
    );
    refuses(&["--trust-proxy=10.0.0.0/99"], "is not a network");
    refuses(&["--database-schema="], "expected the name of a schema");
    refuses(&["--no-such-option"], "unexpected argument");
}

#[test]
fn a_database_is_named_in_one_of_two_ways() {
    assert_eq!(
        config(&[]).unwrap_err(),
        "no database: --database-url (DATABASE_URL) and --database-url-file (DATABASE_URL_FILE) are not set"
    );
    let error = config(&["--database-url-file=/no/such/file"]).unwrap_err();
    assert!(error.starts_with("the file '/no/such/file' of --database-url-file can't be read: "));
    let path = std::env::temp_dir().join(format!("odata-cli-{}", std::process::id()));
    std::fs::write(&path, "postgres://me:s3cret@db/chat\n").unwrap();
    let option = format!("--database-url-file={}", path.display());
    let named = config(&[&option]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        named.unwrap().database.to_string(),
        "host=db:5432 user=me dbname=chat"
    );
    let error = config(&["--database-url=postgres://me:s3cret@db/chat?sslmod=require"]);
    assert_eq!(
        error.unwrap_err(),
        "the database connection string has the unknown option 'sslmod'; did you mean 'sslmode'?"
    );
    for wrong in [
        "postgres://me:s3cret@db:port/chat",
        "s3cret",
        "password='s3cret",
    ] {
        let error = config(&[&format!("--database-url={wrong}")]).unwrap_err();
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn help_has_every_default_and_no_secret() {
    let mut command = Cli::described();
    let help = command
        .find_subcommand_mut("serve")
        .unwrap()
        .render_long_help()
        .to_string();
    for default in [
        "[default: 127.0.0.1:8080]",
        "[default: 10000]",
        "[default: 1000000]",
        "[default: 1000]",
        "[default: 16]",
        "[default: 30s]",
        "[default: 30m]",
        "[default: public]",
        "[env: DATABASE_URL]",
        "[env: DATABASE_URL_FILE]",
        "[env: ODATA_LISTEN]",
        "[env: ODATA_STRICT_SCHEMA]",
    ] {
        assert!(help.contains(default), "{default}\n{help}");
    }
    let cli = parse(&["serve", DATABASE]).ok().unwrap();
    let Command::Serve(serve) = cli.command else {
        panic!("not serve")
    };
    assert!(!format!("{serve:?}").contains("s3cret"));
}

#[test]
fn every_option_can_stand_in_the_environment() {
    // The demo ignores the variables that name somebody's database, and is told to begin anew by
    // its command line alone.
    let served = |command: &&clap::Command| command.get_name() != "demo";
    for command in Cli::command().get_subcommands().filter(served) {
        for option in command.get_arguments() {
            if option.get_id() == "help" {
                continue;
            }
            let variable = option.get_env().and_then(|name| name.to_str());
            let name = option.get_id().as_str().to_uppercase();
            let prefixed = format!("ODATA_{name}");
            let expected = if name.starts_with("DATABASE_URL") {
                name
            } else if name == "FORMAT" {
                "ODATA_METADATA_FORMAT".to_owned()
            } else {
                prefixed
            };
            assert_eq!(variable, Some(&*expected));
        }
    }
}

#[test]
fn times_are_written_as_they_are_read() {
    for text in ["1ms", "1500ms", "30s", "30m", "1h", "90m", "36h"] {
        assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
    }
    assert_eq!("60s".parse::<Time>().unwrap().to_string(), "1m");
    for text in [
        "",
        "s",
        "1",
        "1d",
        "-1s",
        "1.5s",
        "1h30m",
        "99999999999999999999s",
    ] {
        assert!(text.parse::<Time>().is_err(), "{text}");
    }
}
