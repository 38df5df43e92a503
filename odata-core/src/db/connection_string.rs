//! A connection string to its pairs of name and value: a URL as libpq reads it
//! (`postgresql://user:password@host:port/database?option=value`), or `name=value` words.
//!
//! What the names mean is not known here. No error shows a value: it may be the password.

use crate::error::{Code, Error, Result};

/// The pairs of a connection string, in its order.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>> {
    let text = text.trim();
    match ["postgresql://", "postgres://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
    {
        Some(rest) => url(rest),
        None if text.contains("://") => Err(invalid(
            "the database URL must start with 'postgres://' or 'postgresql://'",
        )),
        None => words(text),
    }
}

fn url(rest: &str) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut push = |name: &str, value: String| pairs.push((name.to_owned(), value));

    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (authority, database) = match rest.split_once('/') {
        Some((authority, database)) => (authority, Some(database)),
        None => (rest, None),
    };
    // An `@` in a password should be written %40; where it isn't, the last one is the divider.
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user), hosts),
        None => (None, authority),
    };
    if let Some(user) = user {
        let (user, password) = match user.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (user, None),
        };
        if !user.is_empty() {
            push("user", decode(user, "user")?);
        }
        if let Some(password) = password {
            push("password", decode(password, "password")?);
        }
    }
    if !hosts.is_empty() {
        let (hosts, ports) = hosts_and_ports(hosts)?;
        push("host", hosts.join(","));
        push("port", ports.join(","));
    }
    if let Some(database) = database.filter(|database| !database.is_empty()) {
        push("dbname", decode(database, "database name")?);
    }
    for pair in query
        .unwrap_or("")
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(invalid(
                "an option in the database URL has no value, expected 'name=value'",
            ));
        };
        let name = decode(name, "option name")?;
        let value = decode(value, &name)?;
        push(&name, value);
    }
    Ok(pairs)
}

/// Hosts with their ports; the port is empty where none is given.
fn hosts_and_ports(text: &str) -> Result<(Vec<String>, Vec<String>)> {
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for item in text.split(',') {
        let (host, port) = match item.strip_prefix('[') {
            Some(v6) => {
                let Some((host, rest)) = v6.split_once(']') else {
                    return Err(invalid("a host in the database URL has '[' without ']'"));
                };
                (host, rest.strip_prefix(':').unwrap_or(rest))
            }
            None => item.split_once(':').unwrap_or((item, "")),
        };
        hosts.push(decode(host, "host")?);
        ports.push(decode(port, "port")?);
    }
    Ok((hosts, ports))
}

fn decode(text: &str, what: &str) -> Result<String> {
    let bad = || {
        invalid(format!(
            "the {what} in the database URL is not valid percent-encoded UTF-8"
        ))
    };
    let bytes = text.as_bytes();
    for (place, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        let digits = bytes.get(place + 1..place + 3).ok_or_else(bad)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(bad());
        }
    }
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| bad())
}

/// `name=value` words; a value in single quotes may hold spaces, and a backslash takes the next
/// character as it is.
fn words(text: &str) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut chars = text.chars().peekable();
    let skip_space = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
    };
    loop {
        skip_space(&mut chars);
        let mut name = String::new();
        while let Some(c) = chars.next_if(|c| !c.is_whitespace() && *c != '=') {
            name.push(c);
        }
        skip_space(&mut chars);
        if name.is_empty() && chars.peek().is_none() {
            return Ok(pairs);
        }
        if name.is_empty() || chars.next() != Some('=') {
            // The word isn't shown: a password with a space in it ends up here.
            return Err(invalid(
                "the database connection string has a word that is not 'name=value'",
            )
            .hint("a value with spaces stands in single quotes"));
        }
        skip_space(&mut chars);
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        loop {
            match chars.next() {
                Some('\\') => value.extend(chars.next()),
                Some('\'') if quoted => break,
                Some(c) if c.is_whitespace() && !quoted => break,
                Some(c) => value.push(c),
                None if quoted => {
                    return Err(invalid(format!(
                        "the value of '{name}' in the database connection string has no closing quote"
                    )));
                }
                None => break,
            }
        }
        pairs.push((name, value));
    }
}

/// `'value'` as the driver's own parser reads it.
pub(super) fn quote(value: &str) -> String {
    let mut quoted = String::from("'");
    for c in value.chars() {
        if matches!(c, '\'' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str)]) {
        let pairs = parse(text).unwrap();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(pairs, expect, "{text}");
    }

    #[track_caller]
    fn fails(text: &str, expect: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.message().contains(expect), "{text}: {error}");
        assert!(!error.message().contains("s3cret"), "{error}");
    }

    #[test]
    fn urls_are_read_as_libpq_reads_them() {
        check("postgres://", &[]);
        check("postgresql:///chat", &[("dbname", "chat")]);
        check(
            "postgres://me:p%40ss@db:5433/chat?sslmode=require",
            &[
                ("user", "me"),
                ("password", "p@ss"),
                ("host", "db"),
                ("port", "5433"),
                ("dbname", "chat"),
                ("sslmode", "require"),
            ],
        );
        check(
            "postgres://me:p@ss@a,b:6432/x",
            &[
                ("user", "me"),
                ("password", "p@ss"),
                ("host", "a,b"),
                ("port", ",6432"),
                ("dbname", "x"),
            ],
        );
        check(
            "postgres://[::1]:5433",
            &[("host", "::1"), ("port", "5433")],
        );
        check(
            "postgres://%2Fvar%2Frun/x",
            &[("host", "/var/run"), ("port", ""), ("dbname", "x")],
        );
        check(
            "postgres:///x?host=/tmp/s&user=me",
            &[("dbname", "x"), ("host", "/tmp/s"), ("user", "me")],
        );
    }

    #[test]
    fn words_are_read_as_libpq_reads_them() {
        check("", &[]);
        check(
            r"host=/tmp/s dbname = chat password='it\'s a s3cret \\' user=''",
            &[
                ("host", "/tmp/s"),
                ("dbname", "chat"),
                ("password", r"it's a s3cret \"),
                ("user", ""),
            ],
        );
    }

    #[test]
    fn mistakes_are_named_and_values_are_not_shown() {
        fails("mysql://me:s3cret@db/x", "must start with");
        fails(
            "postgres://me:s3cret%zz@db/x",
            "the password in the database URL",
        );
        fails("postgres://me:s3cret@db/x?sslmode", "has no value");
        fails("postgres://me:s3cret@[::1/x", "'[' without ']'");
        fails("host=db password=my s3cret", "not 'name=value'");
        fails("host=db password='s3cret", "'password'");
    }

    #[test]
    fn a_quoted_value_is_read_back() {
        for value in ["", "a", "it's", r"\", r"\'", "two words"] {
            check(&format!("a={}", quote(value)), &[("a", value)]);
        }
    }
}
