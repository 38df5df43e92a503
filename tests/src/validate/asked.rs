//! What a request asks for, as far as its answer is judged by it.

use percent_encoding::percent_decode_str;

/// A request, decoded.
pub(super) struct Asked {
    /// The path of the service root, with a slash at its end.
    pub(super) root: Option<String>,
    /// What follows it.
    pub(super) path: String,
    /// Names without `$` in lower case, and values.
    pub(super) options: Vec<(String, String)>,
    /// All options as one text.
    pub(super) query: String,
    /// `OData-MaxVersion`, `OData-Version`.
    pub(super) versions: Vec<String>,
    /// Whether a header tells who asks.
    pub(super) has_credentials: bool,
}

impl Asked {
    pub(super) fn new(target: &str, headers: &[(&str, &str)]) -> Asked {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let root = root_path(path);
        let path = decoded(&path[root.map_or(0, str::len)..]);
        let options: Vec<(String, String)> = options(query).collect();
        let named = |names: &[&str]| {
            let is_one = |name: &str| names.iter().any(|known| name.eq_ignore_ascii_case(known));
            let found = headers.iter().filter(|(name, _)| is_one(name));
            found.map(|(_, value)| (*value).to_owned()).collect()
        };
        let credentials: Vec<String> = named(&["authorization", "apikey"]);
        Asked {
            root: root.map(str::to_owned),
            path,
            query: decoded(&query.replace('+', " ")),
            options,
            versions: named(&["odata-maxversion", "odata-version"]),
            has_credentials: !credentials.is_empty(),
        }
    }

    /// Whether the request makes properties of its own.
    pub(super) fn computes(&self) -> bool {
        self.has("compute") || self.applies()
    }

    /// Whether rows, or what is expanded in them, are what `$apply` makes of entities.
    pub(super) fn applies(&self) -> bool {
        self.has("apply")
    }

    /// Whether an option is there, at whatever depth, in whatever case.
    pub(super) fn has(&self, option: &str) -> bool {
        let query = self.query.to_ascii_lowercase();
        query.contains(&format!("{option}="))
    }

    /// Whether the instances of the result may have different properties: `concat` puts sets of its
    /// own side by side, and each level of a `rollup` lacks what the next one has.
    pub(super) fn mixes(&self) -> bool {
        // A function of texts is called `concat`, too.
        let apply = self.query.split_once("apply=").map_or("", |(_, rest)| rest);
        ["concat(", "rollup("]
            .iter()
            .any(|word| apply.contains(word))
    }

    /// Whether the text of a number may be what is asked for: that is a String, even where it is
    /// `NaN`.
    pub(super) fn casts_to_text(&self) -> bool {
        self.query.contains("Edm.String")
    }

    /// Whether the request names it.
    pub(super) fn names(&self, name: &str) -> bool {
        self.query.contains(name)
    }

    pub(super) fn last_segment(&self) -> &str {
        segments(&self.path).last().copied().unwrap_or_default()
    }

    /// The sets of a cross join.
    pub(super) fn combined(&self) -> Vec<&str> {
        let list = self.path.strip_prefix("$crossjoin(");
        let list = list.and_then(|list| list.split(')').next());
        list.map_or_else(Vec::new, |list| list.split(',').map(str::trim).collect())
    }
}

/// The segments of a decoded path. A condition in it has slashes of its own.
pub(super) fn segments(path: &str) -> Vec<&str> {
    let (mut depth, mut quoted) = (0usize, false);
    let parts = path.trim_end_matches('/').split(|c| {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '/' && depth == 0 && !quoted
    });
    parts.collect()
}

/// The path of the service root at the start of another.
pub(super) fn root_path(path: &str) -> Option<&str> {
    let path = path.split('?').next().unwrap_or_default();
    match path.find("/odata/") {
        Some(place) => Some(&path[..place + "/odata/".len()]),
        None => path.ends_with("/odata").then_some(path),
    }
}

/// Names without `$` in lower case, and values, both decoded.
pub(super) fn options(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name).to_ascii_lowercase();
        let name = name.strip_prefix('$').unwrap_or(&name).to_owned();
        (name, decoded(&value.replace('+', " ")))
    })
}

/// Percent-decoded.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
