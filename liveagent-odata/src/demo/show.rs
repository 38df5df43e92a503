//! The command `demo`: the service on the sample data, and what to click.

use super::{Prepared, Tokens, prepare};
use crate::cli::DemoArgs;
use crate::config::{Config, SERVICE_PATH};
use crate::exit::{self, Exit};
use crate::serve;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Questions that show what can be asked, as a person writes them.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "the newest conversations, with inbox and assignee",
        "Conversation?$orderby=created_at desc&$top=5&$expand=inbox($select=name),assignee($select=name)",
    ),
    (
        "one conversation with its messages",
        "Conversation(3)?$select=id,status&$expand=messages($select=content,created_at;$orderby=created_at)",
    ),
    (
        "open conversations of an inbox by its name, and how many",
        "Conversation?$filter=status eq 0 and contains(inbox/name,'Web')&$count=true&$top=3",
    ),
    (
        "labels and the number of their conversations",
        "Label?$select=title&$expand=conversations($count=true;$top=0)",
    ),
    (
        "how long first replies take",
        "ReportingEvent?$filter=name eq 'first_reply_created'&$orderby=value desc&$top=5",
    ),
];

/// Brings up the sample data and serves it until a signal ends it.
pub async fn run(options: &DemoArgs) -> Result<(), Exit> {
    let prepared = prepare(&options.demo, say).await?;
    let database = prepared
        .connection_string
        .parse()
        .map_err(|error: odata_core::error::Error| Exit::new(exit::USAGE, error.to_string()))?;
    let mut config = Config::new(database);
    options.http.apply(&mut config);
    options.answers.apply(&mut config)?;
    config.any_port = true;
    let explorer = config.explorer;
    let in_url = config.settings.allow_query_token;
    let public = config.settings.hosts.public_url.clone();
    let ended = serve::run(config, |address| {
        let base = public.unwrap_or_else(|| format!("http://{}", reachable(address)));
        // Nobody may be there to read it.
        let text = what_to_click(&base, &prepared, explorer, in_url);
        let _ = io::stdout().write_all(text.as_bytes());
    })
    .await;
    // Its own PostgreSQL ends here, before the program says that it has.
    drop(prepared);
    ended
}

fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// An address that a browser on this machine can open.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}

fn what_to_click(base: &str, prepared: &Prepared, explorer: bool, in_url: bool) -> String {
    let root = format!("{base}{SERVICE_PATH}/");
    let Tokens {
        administrator,
        agent,
        other,
    } = &prepared.tokens;
    let mut text = String::from("\n");
    if explorer {
        // A fragment is never sent: the page takes the token out of it.
        let _ = writeln!(text, "  explorer      {base}/#token={administrator}");
    }
    let apikey = |mark: char| match in_url {
        true => format!("{mark}apikey={administrator}"),
        false => String::new(),
    };
    let (only, last) = (apikey('?'), apikey('&'));
    let _ = write!(
        text,
        "  service root  {root}{only}\n  metadata      {root}$metadata\n"
    );
    for (what, query) in EXAMPLES {
        let _ = write!(text, "\n  {what}\n  {root}{}{last}\n", clickable(query));
    }
    let forms = match in_url {
        true => "as apikey=.., as Bearer, or as the password of Basic",
        false => "as Bearer, as the header apikey, or as the password of Basic",
    };
    let _ = write!(
        text,
        "\n  access tokens ({forms})\n    \
         {administrator}  an administrator of two accounts: what the links above are for\n    \
         {agent}  an agent: 403\n    \
         {other}  the administrator of another account: other rows\n\n"
    );
    for hint in &prepared.hints {
        let _ = writeln!(text, "  {hint}");
    }
    text.push_str("  Ctrl-C stops it; the data stays for the next start\n\n");
    text
}

/// A terminal ends a link at a space, and many at a quote.
fn clickable(query: &str) -> String {
    query.replace(' ', "%20").replace('\'', "%27")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_click_has_links_without_spaces_and_every_token() {
        let prepared = Prepared {
            connection_string: "host=/s password=s3cret".to_owned(),
            tokens: Tokens {
                administrator: "aaa".to_owned(),
                agent: "bbb".to_owned(),
                other: "ccc".to_owned(),
            },
            hints: vec!["psql -h /s".to_owned()],
            server: None,
        };
        let text = what_to_click("http://127.0.0.1:8080", &prepared, false, true);
        let links: Vec<&str> = text
            .lines()
            .filter_map(|line| line.find("http://").map(|at| &line[at..]))
            .collect();
        assert_eq!(links.len(), EXAMPLES.len() + 2);
        for link in links {
            assert!(
                link.starts_with("http://127.0.0.1:8080/v1.0/odata/"),
                "{link}"
            );
            assert!(!link.contains([' ', '\'', '"']), "{link}");
        }
        for token in ["aaa", "bbb", "ccc", "psql -h /s"] {
            assert!(text.contains(token), "{token}");
        }
        assert!(!text.contains("s3cret"), "{text}");
        let text = what_to_click("http://127.0.0.1:8080", &prepared, false, false);
        assert!(!text.contains("apikey="), "{text}");
        let text = what_to_click("http://127.0.0.1:8080", &prepared, true, true);
        assert!(
            text.contains("http://127.0.0.1:8080/#token=aaa\n"),
            "{text}"
        );
    }

    #[test]
    fn an_address_of_every_interface_is_shown_as_one_to_open() {
        let shown = |address: &str| reachable(address.parse().unwrap()).to_string();
        assert_eq!(shown("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(shown("[::]:80"), "[::1]:80");
        assert_eq!(shown("10.0.0.1:80"), "10.0.0.1:80");
    }
}
