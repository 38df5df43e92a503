//! What connection strings mean, and what is said of those that are wrong.

use super::*;

fn config(text: &str) -> DatabaseConfig {
    text.parse().unwrap()
}

#[track_caller]
fn fails(text: &str, expect: &str) {
    let error = text.parse::<DatabaseConfig>().unwrap_err();
    let shown = format!("{error} {:?}", error.hint_text());
    assert!(shown.contains(expect), "{text}: {shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn sslmode_means_what_it_means_to_libpq() {
    for (text, mode, verify) in [
        ("", SslMode::Prefer, Verify::Nothing),
        ("sslmode=disable", SslMode::Disable, Verify::Nothing),
        ("sslmode=allow", SslMode::Prefer, Verify::Nothing),
        ("sslmode=prefer", SslMode::Prefer, Verify::Nothing),
        ("sslmode=require", SslMode::Require, Verify::Nothing),
        (
            "sslmode=require sslrootcert=/ca",
            SslMode::Require,
            Verify::Chain,
        ),
        ("sslmode=verify-ca", SslMode::Require, Verify::Chain),
        (
            "sslmode=verify-full",
            SslMode::Require,
            Verify::ChainAndName,
        ),
    ] {
        let config = config(&format!("host=db {text}"));
        assert_eq!(config.driver.get_ssl_mode(), mode, "{text}");
        assert_eq!(config.tls.verify, verify, "{text}");
    }
    assert_eq!(config("host=db sslrootcert=system").tls.root, None);
}

#[test]
fn defaults_bound_every_wait() {
    let told = config("postgres://me@db/x");
    assert_eq!(told.connect_timeout, Duration::from_secs(5));
    let driver = told.driver;
    assert_eq!(
        driver.get_tcp_user_timeout(),
        Some(&Duration::from_secs(15))
    );
    assert_eq!(driver.get_keepalives_idle(), Duration::from_secs(30));
    assert_eq!(driver.get_application_name(), Some("odata"));

    let own = config("host=db tcp_user_timeout=2000 keepalives_count=9 application_name=me");
    assert_eq!(
        own.driver.get_tcp_user_timeout(),
        Some(&Duration::from_secs(2))
    );
    assert_eq!(own.driver.get_keepalives_retries(), Some(9));
    let named = own.application_name("other");
    assert_eq!(named.driver.get_application_name(), Some("me"));
}

#[test]
fn several_hosts_are_several_targets() {
    let config = config("postgres://a,b:6432,[::1]/x?load_balance_hosts=random");
    let shown = config.to_string();
    assert_eq!(shown, "host=a:5432,b:6432,::1:5432 dbname=x");
    assert!(config.balance);
    let socket = "host=/tmp/s port=77".parse::<DatabaseConfig>().unwrap();
    assert_eq!(socket.targets[0].host, Host::Unix("/tmp/s".into()));
    assert_eq!(socket.targets[0].port, 77);
}

#[test]
fn mistakes_are_named_and_values_are_not_shown() {
    fails("postgres://a/x?sslmod=require", "did you mean 'sslmode'?");
    fails(
        "postgres://a/x?sslmode=verify_full",
        "did you mean 'verify-full'?",
    );
    fails(
        "postgres://a/x?pgbouncer=true",
        "unknown option 'pgbouncer'",
    );
    fails(
        "host=a target_session_attrs=read-rite",
        "did you mean 'read-write'?",
    );
    fails("postgres://me:s3cret@a:abc/x", "'port'");
    fails(
        "host=a connect_timeout=soon password=s3cret",
        "'connect_timeout'",
    );
    fails("host=a sslcert=/c", "need each other");
    fails("host=a,b port=1,2,3", "3 ports for 2 hosts");
    fails("host=a,b hostaddr=1.1.1.1", "2 hosts and 1 hostaddrs");
}

#[test]
fn the_password_is_nowhere_to_be_seen() {
    let config = config("postgres://me:s3cret@db/x");
    assert_eq!(config.driver.get_password(), Some(&b"s3cret"[..]));
    let shown = format!("{config} {config:?} {:?}", config.driver);
    assert!(!shown.contains("s3cret"), "{shown}");
}
