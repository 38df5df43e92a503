//! The absolute URL of the service root, as the client must see it.

use crate::error::{Code, Error, Result};
use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HOST, HeaderMap};
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// What absolute URLs are built from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostRules {
    /// The public URL, scheme and host and perhaps a path prefix, without a slash at its end.
    pub public_url: Option<String>,
    /// Names that `Host` may have, in lower case. Loopback names and IP literals always may.
    pub allowed_hosts: Vec<String>,
    /// Peers whose `Forwarded` and `X-Forwarded-*` are believed.
    pub trusted_proxies: Vec<Network>,
}

/// Addresses with a common prefix: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Network, String> {
        let wrong = || format!("'{text}' is not a network, expected one such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse().map_err(|_| wrong()))?;
        if bits > most {
            Err(wrong())
        } else {
            Ok(Network { address, bits })
        }
    }
}

impl Network {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let number = |address: IpAddr| match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, true),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => (u128::from(v4.to_bits()) << 96, true),
                None => (v6.to_bits(), false),
            },
        };
        let ((ours, ours_v4), (theirs, theirs_v4)) = (number(self.address), number(address));
        let mask = if self.bits == 0 {
            0
        } else {
            u128::MAX << (128 - u32::from(self.bits))
        };
        ours_v4 == theirs_v4 && (ours ^ theirs) & mask == 0
    }
}

/// The service root for this request, with a slash at its end.
pub(super) fn root(rules: &HostRules, request: &HttpRequest, service_path: &str) -> Result<String> {
    if let Some(public) = &rules.public_url {
        return Ok(format!("{public}{service_path}/"));
    }
    let headers = request.headers();
    let trusted = request.peer_addr().is_some_and(|peer| {
        rules
            .trusted_proxies
            .iter()
            .any(|network| network.contains(peer.ip()))
    });
    let forwarded = if trusted {
        forwarded(headers)
    } else {
        Forwarded::default()
    };
    let host = forwarded.host.or_else(|| header(headers, HOST.as_str()));
    let host = host
        .or_else(|| request.uri().authority().map(ToString::to_string))
        .unwrap_or_default();
    // A proxy that is trusted names the host that it was asked for, of those that are allowed.
    let any = trusted && rules.allowed_hosts.is_empty();
    if !any && !is_allowed(&host, &rules.allowed_hosts) || !is_host(&host) {
        let message = "the host of this request is not one that the service answers for";
        return Err(Error::new(Code::InvalidHost, message)
            .target("Host")
            .hint("start the service with --public-url, or name the host in --allowed-hosts"));
    }
    let scheme = match forwarded.proto.as_deref() {
        Some("https") => "https",
        _ => "http",
    };
    let prefix = forwarded.prefix.unwrap_or_default();
    Ok(format!("{scheme}://{host}{prefix}{service_path}/"))
}

#[derive(Default)]
struct Forwarded {
    proto: Option<String>,
    host: Option<String>,
    /// What the proxy took off the path: begins with a slash, and ends without one.
    prefix: Option<String>,
}

/// What the proxy says (RFC 7239, or the headers from before it). Of several values the last counts: it
/// is the one that the trusted peer added, what stands before it may be the client's own invention.
fn forwarded(headers: &HeaderMap) -> Forwarded {
    let listed = |name: &str| header(headers, name).map(|value| last(&value).to_owned());
    // RFC 7239 has no word for it.
    let prefix = listed("x-forwarded-prefix").map(|it| it.trim_end_matches('/').to_owned());
    let mut forwarded = Forwarded {
        prefix: prefix.filter(|prefix| is_prefix(prefix)),
        ..Forwarded::default()
    };
    if let Some(value) = header(headers, FORWARDED.as_str()) {
        for pair in last(&value).split(';') {
            if let Some((name, value)) = pair.split_once('=') {
                let value = Some(value.trim().trim_matches('"').to_owned());
                match name.trim().to_ascii_lowercase().as_str() {
                    "proto" => forwarded.proto = value.map(|value| value.to_ascii_lowercase()),
                    "host" => forwarded.host = value,
                    _ => {}
                }
            }
        }
        return forwarded;
    }
    forwarded.proto = listed("x-forwarded-proto").map(|proto| proto.to_ascii_lowercase());
    forwarded.host = listed("x-forwarded-host");
    if let (Some(host), Some(port)) = (&forwarded.host, listed("x-forwarded-port")) {
        let standard = if forwarded.proto.as_deref() == Some("https") {
            "443"
        } else {
            "80"
        };
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if port != standard && !has_port {
            forwarded.host = Some(format!("{host}:{port}"));
        }
    }
    forwarded
}

fn last(list: &str) -> &str {
    list.rsplit(',').next().unwrap_or("").trim()
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(name)
        .last()
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

/// A host with or without a port, and nothing that could break out of a URL.
fn is_host(host: &str) -> bool {
    let (is_name, behind) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, behind)) => (address.parse::<Ipv6Addr>().is_ok(), behind),
        None => {
            let (name, behind) = host.split_at(host.find(':').unwrap_or(host.len()));
            let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
            (!name.is_empty() && name.bytes().all(is_part), behind)
        }
    };
    let port = behind.strip_prefix(':');
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    is_name && (behind.is_empty() || port.is_some_and(is_port))
}

/// A path, and nothing that could break out of one or of a URL.
fn is_prefix(prefix: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    prefix.starts_with('/') && !prefix.starts_with("//") && prefix.bytes().all(is_plain)
}

fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let lower = host.to_ascii_lowercase();
    let name = match lower.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => lower.split(':').next().unwrap_or(""),
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok()
        || allowed
            .iter()
            .any(|allowed| *allowed == lower || *allowed == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[track_caller]
    fn check(
        rules: &HostRules,
        peer: &str,
        headers: &[(&str, &str)],
        expected: std::result::Result<&str, Code>,
    ) {
        let mut request = TestRequest::get().peer_addr(peer.parse().unwrap());
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let found = root(rules, &request.to_http_request(), "/odata").map_err(|error| error.code());
        assert_eq!(found, expected.map(str::to_owned));
    }

    #[test]
    fn the_root_follows_the_rules() {
        let none = HostRules::default();
        check(
            &none,
            "9.9.9.9:1",
            &[("host", "127.0.0.1:8080")],
            Ok("http://127.0.0.1:8080/odata/"),
        );
        check(
            &none,
            "9.9.9.9:1",
            &[("host", "localhost")],
            Ok("http://localhost/odata/"),
        );
        check(
            &none,
            "9.9.9.9:1",
            &[("host", "[::1]:80")],
            Ok("http://[::1]:80/odata/"),
        );
        check(
            &none,
            "9.9.9.9:1",
            &[("host", "evil.example")],
            Err(Code::InvalidHost),
        );
        let forged = [
            ("host", "127.0.0.1"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
        ];
        check(&none, "9.9.9.9:1", &forged, Ok("http://127.0.0.1/odata/"));
        let allowed = HostRules {
            allowed_hosts: vec!["bi.example".into()],
            ..HostRules::default()
        };
        check(
            &allowed,
            "9.9.9.9:1",
            &[("host", "BI.example:81")],
            Ok("http://BI.example:81/odata/"),
        );
        let public = HostRules {
            public_url: Some("https://x.example/p".into()),
            ..HostRules::default()
        };
        check(
            &public,
            "9.9.9.9:1",
            &[("host", "evil.example")],
            Ok("https://x.example/p/odata/"),
        );
        let proxied = HostRules {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..HostRules::default()
        };
        let headers = [
            ("host", "a"),
            ("x-forwarded-host", "evil.example, bi.example"),
            ("x-forwarded-proto", "http,https"),
            ("x-forwarded-port", "8443"),
        ];
        check(
            &proxied,
            "10.1.2.3:1",
            &headers,
            Ok("https://bi.example:8443/odata/"),
        );
        let headers = [
            ("host", "a"),
            (
                "forwarded",
                "for=1.1.1.1;host=evil.example, for=2.2.2.2;proto=https;host=\"bi.example\"",
            ),
        ];
        check(
            &proxied,
            "10.1.2.3:1",
            &headers,
            Ok("https://bi.example/odata/"),
        );
        let prefixed = |prefix: &'static str| [("host", "a"), ("x-forwarded-prefix", prefix)];
        for (prefix, root) in [
            ("/analytics", "http://a/analytics/odata/"),
            ("/a/b-1/", "http://a/a/b-1/odata/"),
            ("/", "http://a/odata/"),
            ("//evil.example", "http://a/odata/"),
            ("evil", "http://a/odata/"),
            ("/a\"b", "http://a/odata/"),
        ] {
            check(&proxied, "10.1.2.3:1", &prefixed(prefix), Ok(root));
        }
        let prefixed = [("host", "127.0.0.1"), ("x-forwarded-prefix", "/x")];
        check(
            &proxied,
            "9.9.9.9:1",
            &prefixed,
            Ok("http://127.0.0.1/odata/"),
        );
        check(
            &proxied,
            "10.1.2.3:1",
            &[("host", "a\"b")],
            Err(Code::InvalidHost),
        );
    }

    #[test]
    fn a_host_that_is_none_is_refused_wherever_it_would_lead() {
        for host in [
            "",
            ":80",
            "localhost:",
            "localhost:evil.example",
            "localhost:80:80",
            "localhost:+80",
            "localhost:65536",
            "[::1]evil.example",
            "[::1]:evil.example",
            "[::1",
            "[127.0.0.1]",
            "127.0.0.1/evil",
        ] {
            let refused = Err(Code::InvalidHost);
            check(
                &HostRules::default(),
                "9.9.9.9:1",
                &[("host", host)],
                refused,
            );
        }
    }

    #[test]
    fn networks() {
        let network: Network = "10.0.0.0/8".parse().unwrap();
        assert!(network.contains("10.255.0.1".parse().unwrap()));
        assert!(network.contains("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!network.contains("11.0.0.1".parse().unwrap()));
        assert!("::1/129".parse::<Network>().is_err());
        assert!(
            "0.0.0.0/0"
                .parse::<Network>()
                .unwrap()
                .contains("8.8.8.8".parse().unwrap())
        );
    }
}
