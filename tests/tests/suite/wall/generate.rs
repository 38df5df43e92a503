//! Random valid requests over the published model, the same for the same seed: every set, form of
//! path, option, operator and kind of navigation, with literals that the rows of both accounts have.

use std::collections::BTreeMap;

use liveagent_odata::entities::model;
use odata_core::edm::{EntityType, NavigationProperty, PrimitiveType as T};
use tests::Response;

/// Makes requests, and counts what it made.
pub(super) struct Generator {
    state: u64,
    types: Vec<&'static EntityType>,
    /// The first keys of the accounts.
    keys: [u32; 2],
    made: BTreeMap<&'static str, usize>,
    lambdas: usize,
    expands: usize,
}

/// A kind of value that properties and literals have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Double,
    Time,
    Boolean,
    Guid,
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::Text,
        Kind::Number,
        Kind::Double,
        Kind::Time,
        Kind::Boolean,
        Kind::Guid,
    ];

    fn of(ty: T) -> Kind {
        match ty {
            T::Int32 | T::Int64 => Kind::Number,
            T::Double => Kind::Double,
            T::DateTimeOffset => Kind::Time,
            T::Boolean => Kind::Boolean,
            T::Guid => Kind::Guid,
            _ => Kind::Text,
        }
    }
}

impl Generator {
    pub(super) fn new(seed: u64, own: u32, other: u32) -> Generator {
        Generator {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            types: model().entity_types,
            keys: [own, other],
            made: BTreeMap::new(),
            lambdas: 0,
            expands: 0,
        }
    }

    /// A request: path and options, encoded.
    pub(super) fn request(&mut self) -> String {
        self.lambdas = 0;
        self.expands = 0;
        let types = self.types.clone();
        let first = self.pick(&types);
        let mut path = first.entity_set.to_owned();
        let mut entity = first;
        let mut many = true;
        self.note(first.entity_set);
        for _ in 0..2 {
            if many && self.chance(25) {
                self.note("key");
                path += &if self.chance(30) {
                    format!("(id={})", self.key())
                } else {
                    format!("({})", self.key())
                };
                many = false;
            }
            if many || !self.chance(60) {
                break;
            }
            let navigation = self.pick_ref(entity.navigation_properties);
            self.note(if navigation.many {
                "path to many"
            } else {
                "path to one"
            });
            path = format!("{path}/{}", navigation.name);
            entity = (navigation.target)();
            many = navigation.many;
        }
        if many {
            match self.below(20) {
                0..=1 => {
                    self.note("/$count");
                    let options = self.options(entity, &[Self::filter, Self::search]);
                    return encode(&format!("{path}/$count"), &options, '&');
                }
                2 => {
                    self.note("/$ref");
                    let options = self.options(entity, &[Self::filter, Self::order, Self::top]);
                    return encode(&format!("{path}/$ref"), &options, '&');
                }
                3..=5 => {
                    let apply = self.apply(entity);
                    return encode(&path, &[format!("$apply={apply}")], '&');
                }
                _ => {}
            }
            let options = self.options(
                entity,
                &[
                    Self::filter,
                    Self::select,
                    Self::expand,
                    Self::order,
                    Self::top,
                    Self::skip,
                    Self::count,
                    Self::search,
                ],
            );
            encode(&path, &options, '&')
        } else {
            if self.chance(30) {
                let kind = self.kind();
                if let Some(name) = self.property(entity, kind) {
                    self.note("property");
                    let value = if self.chance(50) { "/$value" } else { "" };
                    return encode(&format!("{path}/{name}{value}"), &[], '&');
                }
            }
            let options = self.options(entity, &[Self::select, Self::expand]);
            encode(&path, &options, '&')
        }
    }

    /// Some of these options, each at most once.
    fn options(
        &mut self,
        entity: &'static EntityType,
        of: &[fn(&mut Generator, &'static EntityType, usize) -> String],
    ) -> Vec<String> {
        self.options_at(entity, of, 1)
    }

    fn options_at(
        &mut self,
        entity: &'static EntityType,
        of: &[fn(&mut Generator, &'static EntityType, usize) -> String],
        depth: usize,
    ) -> Vec<String> {
        let mut options = Vec::new();
        for option in of {
            if self.chance(35) {
                options.push(option(self, entity, depth));
            }
        }
        options.retain(|option| !option.is_empty());
        options
    }

    fn filter(&mut self, entity: &'static EntityType, _: usize) -> String {
        self.note("$filter");
        format!("$filter={}", self.condition(entity, "", 3))
    }

    fn select(&mut self, entity: &'static EntityType, _: usize) -> String {
        self.note("$select");
        if self.chance(10) {
            return "$select=*".to_owned();
        }
        let mut names: Vec<&str> = Vec::new();
        for _ in 0..=self.below(3) {
            let name = self.pick_ref(entity.properties).name;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        format!("$select={}", names.join(","))
    }

    fn order(&mut self, entity: &'static EntityType, _: usize) -> String {
        self.note("$orderby");
        let mut items = Vec::new();
        for _ in 0..=self.below(2) {
            let kind = self.kind();
            let item = match self.below(10) {
                0 => self.count_of(entity, ""),
                1 => self.text(entity, "", 2),
                _ => self.path(entity, "", kind),
            };
            let Some(item) = item else { continue };
            let direction = self.pick(&["", " asc", " desc"]);
            if !items.iter().any(|other: &String| other.starts_with(&item)) {
                items.push(format!("{item}{direction}"));
            }
        }
        if items.is_empty() {
            String::new()
        } else {
            format!("$orderby={}", items.join(","))
        }
    }

    fn top(&mut self, _: &'static EntityType, _: usize) -> String {
        self.note("$top");
        format!("$top={}", self.below(12))
    }

    fn skip(&mut self, _: &'static EntityType, _: usize) -> String {
        self.note("$skip");
        format!("$skip={}", self.below(4))
    }

    fn count(&mut self, _: &'static EntityType, _: usize) -> String {
        self.note("$count");
        "$count=true".to_owned()
    }

    fn search(&mut self, entity: &'static EntityType, _: usize) -> String {
        if !entity.properties.iter().any(|property| property.searchable) || self.chance(60) {
            return String::new();
        }
        self.note("$search");
        let word = |generator: &mut Generator| {
            generator.pick(&[
                "mark-of-a",
                "mark-of-b",
                "content",
                "label",
                "inbox",
                "\"of-a\"",
                "1",
                "event",
                "NOT none",
            ])
        };
        let mut search = word(self).to_owned();
        for _ in 0..self.below(3) {
            let operator = self.pick(&[" AND ", " OR ", " "]);
            search = format!("{search}{operator}{}", word(self));
        }
        format!("$search={search}")
    }

    fn expand(&mut self, entity: &'static EntityType, depth: usize) -> String {
        if depth > 4 || self.expands > 8 {
            return String::new();
        }
        self.note(match depth {
            1 => "$expand",
            2 => "$expand in $expand",
            3 => "$expand of three levels",
            _ => "$expand of four levels",
        });
        let mut items: Vec<String> = Vec::new();
        let mut names = Vec::new();
        for _ in 0..=self.below(2) {
            let navigation = self.pick_ref(entity.navigation_properties);
            if names.contains(&navigation.name) {
                continue;
            }
            names.push(navigation.name);
            self.expands += 1;
            let far = (navigation.target)();
            let options = if navigation.many {
                self.options_at(
                    far,
                    &[
                        Self::filter,
                        Self::select,
                        Self::expand,
                        Self::order,
                        Self::top,
                        Self::skip,
                        Self::count,
                        Self::search,
                    ],
                    depth + 1,
                )
            } else {
                self.options_at(far, &[Self::select, Self::expand], depth + 1)
            };
            if !options.is_empty() {
                self.note("options in $expand");
            }
            items.push(if options.is_empty() {
                navigation.name.to_owned()
            } else {
                format!("{}({})", navigation.name, options.join(";"))
            });
        }
        format!("$expand={}", items.join(","))
    }

    fn apply(&mut self, entity: &'static EntityType) -> String {
        self.note("$apply");
        if self.chance(15) {
            self.note("$apply nest");
            let (one, other) = (self.aggregation(entity), self.aggregation(entity));
            return format!("nest({one} as a,{other} as b,topcount(3,id) as c)");
        }
        if self.chance(20) {
            self.note("$apply addnested");
            let navigation = self.pick_ref(entity.navigation_properties);
            let inside = match navigation.many {
                true => self.aggregation((navigation.target)()),
                false => "identity".to_owned(),
            };
            return format!("addnested({},{inside} as a)", navigation.name);
        }
        self.aggregation(entity)
    }

    /// Transformations that end in an aggregation.
    fn aggregation(&mut self, entity: &'static EntityType) -> String {
        let mut steps = Vec::new();
        if self.chance(40) {
            self.note("$apply filter");
            steps.push(format!("filter({})", self.condition(entity, "", 2)));
        }
        if self.chance(15) {
            steps.push(format!("topcount({},id)", 1 + self.below(20)));
        }
        let mut aggregates = vec!["$count as n".to_owned()];
        for (alias, kind) in [
            ("p", Kind::Number),
            ("q", Kind::Time),
            ("r", Kind::Text),
            ("s", Kind::Double),
        ] {
            if self.chance(40)
                && let Some(path) = self.path(entity, "", kind)
            {
                let method = match kind {
                    Kind::Number | Kind::Double => {
                        self.pick(&["min", "max", "sum", "average", "countdistinct"])
                    }
                    _ => self.pick(&["min", "max", "countdistinct"]),
                };
                aggregates.push(format!("{path} with {method} as {alias}"));
            }
        }
        let aggregate = format!("aggregate({})", aggregates.join(","));
        if self.chance(70) {
            self.note("$apply groupby");
            let mut groups: Vec<String> = Vec::new();
            for _ in 0..=self.below(2) {
                let kind = self.kind();
                if let Some(path) = self.path(entity, "", kind)
                    && !groups.contains(&path)
                {
                    groups.push(path);
                }
            }
            if !groups.is_empty() {
                steps.push(format!("groupby(({}),{aggregate})", groups.join(",")));
                return steps.join("/");
            }
        }
        self.note("$apply aggregate");
        steps.push(aggregate);
        steps.join("/")
    }

    /// A condition on an instance whose paths begin with `prefix`.
    fn condition(&mut self, entity: &'static EntityType, prefix: &str, depth: usize) -> String {
        if depth > 0 && self.chance(35) {
            let operator = self.pick(&["and", "or", "or", "not"]);
            self.note(operator);
            let left = self.condition(entity, prefix, depth - 1);
            return if operator == "not" {
                format!("not ({left})")
            } else {
                let right = self.condition(entity, prefix, depth - 1);
                format!("({left}) {operator} ({right})")
            };
        }
        if self.chance(30)
            && let Some(lambda) = self.lambda(entity, prefix, depth)
        {
            return lambda;
        }
        if self.chance(12)
            && let Some(count) = self.count_of(entity, prefix)
        {
            let operator = self.comparison();
            return format!("{count} {operator} {}", self.below(4));
        }
        let kind = self.kind();
        let condition = self.comparison_of(entity, prefix, kind);
        condition.unwrap_or_else(|| format!("{prefix}id ne 0"))
    }

    fn comparison_of(
        &mut self,
        entity: &'static EntityType,
        prefix: &str,
        kind: Kind,
    ) -> Option<String> {
        let operator = self.comparison();
        if self.chance(12) {
            self.note("null");
            let path = self.path(entity, prefix, kind)?;
            return Some(format!("{path} {} null", self.pick(&["eq", "ne"])));
        }
        Some(match kind {
            Kind::Text => match self.below(6) {
                0..=1 => {
                    let function = self.pick(&["contains", "startswith", "endswith"]);
                    self.note("text function");
                    let path = self.text(entity, prefix, 1)?;
                    format!("{function}({path},{})", self.word())
                }
                2 => {
                    self.note("number of text");
                    let path = self.text(entity, prefix, 1)?;
                    if self.chance(50) {
                        format!("length({path}) {operator} {}", self.below(30))
                    } else {
                        format!("indexof({path},'of') {operator} 5")
                    }
                }
                3 => {
                    self.note("in");
                    let path = self.path(entity, prefix, kind)?;
                    let items = [self.literal(kind), self.literal(kind), self.literal(kind)];
                    format!("{path} in ({})", items.join(","))
                }
                _ => {
                    let path = self.text(entity, prefix, 2)?;
                    format!("{path} {operator} {}", self.literal(kind))
                }
            },
            Kind::Number => {
                let path = self.path(entity, prefix, kind)?;
                if self.chance(25) {
                    self.note("arithmetic");
                    let other = self.path(entity, prefix, kind)?;
                    let arithmetic = self.pick(&["add", "sub", "mul"]);
                    // No product of the largest keys is too large.
                    if arithmetic == "mul" {
                        format!("{path} mul 3 {operator} {}", self.literal(kind))
                    } else {
                        format!(
                            "{path} {arithmetic} {other} {operator} {}",
                            self.literal(kind)
                        )
                    }
                } else if self.chance(15) {
                    self.note("arithmetic");
                    format!("{path} mod 3 {operator} {}", self.below(3))
                } else if self.chance(15) {
                    self.note("in");
                    format!("{path} in ({},{})", self.literal(kind), self.literal(kind))
                } else {
                    format!("{path} {operator} {}", self.literal(kind))
                }
            }
            Kind::Double => {
                let path = self.path(entity, prefix, kind)?;
                if self.chance(30) {
                    let function = self.pick(&["round", "floor", "ceiling"]);
                    self.note("math function");
                    format!("{function}({path}) {operator} {}", self.literal(kind))
                } else {
                    format!("{path} {operator} {}", self.literal(kind))
                }
            }
            Kind::Time => {
                let path = self.path(entity, prefix, kind)?;
                if self.chance(40) {
                    self.note("date function");
                    match self.below(4) {
                        0 => format!(
                            "year({path}) {operator} {}",
                            self.pick(&["2021", "2031", "2025"])
                        ),
                        1 => format!("month({path}) {operator} {}", 1 + self.below(6)),
                        2 => format!("date({path}) {operator} 2021-03-1{}", self.below(10)),
                        _ => format!("hour({path}) {operator} {}", self.below(24)),
                    }
                } else {
                    format!("{path} {operator} {}", self.literal(kind))
                }
            }
            Kind::Boolean => {
                let path = self.path(entity, prefix, kind)?;
                format!("{path} {} {}", self.pick(&["eq", "ne"]), self.literal(kind))
            }
            Kind::Guid => {
                let path = self.path(entity, prefix, kind)?;
                format!("{path} {operator} {}", self.literal(kind))
            }
        })
    }

    fn lambda(
        &mut self,
        entity: &'static EntityType,
        prefix: &str,
        depth: usize,
    ) -> Option<String> {
        if depth == 0 || self.lambdas >= 2 {
            return None;
        }
        let (path, navigation) = self.collection(entity, prefix)?;
        self.lambdas += 1;
        self.note(if self.lambdas > 1 {
            "lambda in lambda"
        } else {
            "lambda"
        });
        let variable = format!("x{}", self.lambdas);
        let operator = self.pick(&["any", "any", "all"]);
        self.note(operator);
        let lambda = if operator == "any" && self.chance(20) {
            format!("{path}/any()")
        } else {
            let condition =
                self.condition((navigation.target)(), &format!("{variable}/"), depth - 1);
            format!("{path}/{operator}({variable}:{condition})")
        };
        self.lambdas -= 1;
        Some(lambda)
    }

    fn count_of(&mut self, entity: &'static EntityType, prefix: &str) -> Option<String> {
        let (path, _) = self.collection(entity, prefix)?;
        self.note("nav/$count");
        Some(format!("{path}/$count"))
    }

    /// A path to a collection, maybe by way of one.
    fn collection(
        &mut self,
        entity: &'static EntityType,
        prefix: &str,
    ) -> Option<(String, &'static NavigationProperty)> {
        let navigation = self.pick_ref(entity.navigation_properties);
        let path = format!("{prefix}{}", navigation.name);
        if navigation.many {
            return Some((path, navigation));
        }
        let far = (navigation.target)();
        let next = self.pick_ref(far.navigation_properties);
        next.many.then(|| (format!("{path}/{}", next.name), next))
    }

    /// A path to a property of that kind: of the instance, or of one that it leads to.
    fn path(&mut self, entity: &'static EntityType, prefix: &str, kind: Kind) -> Option<String> {
        let mut entity = entity;
        let mut path = prefix.to_owned();
        for _ in 0..2 {
            let ones: Vec<_> = entity
                .navigation_properties
                .iter()
                .filter(|it| !it.many)
                .collect();
            if ones.is_empty() || !self.chance(30) {
                break;
            }
            let navigation = self.pick(&ones);
            self.note("navigation path");
            path = format!("{path}{}/", navigation.name);
            entity = (navigation.target)();
        }
        Some(format!("{path}{}", self.property(entity, kind)?))
    }

    fn property(&mut self, entity: &'static EntityType, kind: Kind) -> Option<&'static str> {
        let fits: Vec<_> = entity
            .properties
            .iter()
            .filter(|property| {
                !property.secret
                    && Kind::of(property.ty) == kind
                    && !property.name.starts_with("cognigy_")
            })
            .collect();
        if fits.is_empty() {
            None
        } else {
            Some(self.pick(&fits).name)
        }
    }

    /// An expression that is a text.
    fn text(&mut self, entity: &'static EntityType, prefix: &str, depth: usize) -> Option<String> {
        let path = self.path(entity, prefix, Kind::Text)?;
        if depth == 0 || self.chance(60) {
            return Some(path);
        }
        self.note("text of text");
        let inner = self.text(entity, prefix, depth - 1)?;
        Some(match self.below(5) {
            0 => format!("tolower({path})"),
            1 => format!("toupper({inner})"),
            2 => format!("concat({path},{inner})"),
            3 => format!("substring({inner},{},{})", self.below(6), 4 + self.below(9)),
            _ => format!("trim({path})"),
        })
    }

    fn word(&mut self) -> String {
        let word = self.pick(&[
            "mark-of-",
            "mark-of-a",
            "mark-of-b",
            "a",
            "1",
            "of-two",
            "e",
            "label",
            "%",
            "_",
            "",
            "shared-1",
        ]);
        format!("'{word}'")
    }

    fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Text => {
                let mark = self.pick(&["mark-of-a", "mark-of-b", "mark-of-two"]);
                let what = self.pick(&[
                    "",
                    " content 3",
                    " identifier 2",
                    " user 2",
                    " inbox 3",
                    " label 4",
                    " event 1",
                    " zone",
                ]);
                if self.chance(15) {
                    "'shared-1'".to_owned()
                } else {
                    format!("'{mark}{what}'")
                }
            }
            Kind::Number => match self.below(4) {
                0 => self.below(5).to_string(),
                1 => (264_197_500 + self.below(10)).to_string(),
                2 => (873_654_100 + self.below(10)).to_string(),
                _ => self.key().to_string(),
            },
            Kind::Double => self
                .pick(&[
                    "0",
                    "264197502.25",
                    "873654105.25",
                    "1e9",
                    "NaN",
                    "INF",
                    "-0.5",
                ])
                .to_owned(),
            Kind::Time => {
                let year = self.pick(&["2021", "2031", "2025"]);
                format!(
                    "{year}-0{}-1{}T0{}:00:00Z",
                    1 + self.below(6),
                    self.below(9),
                    self.below(9)
                )
            }
            Kind::Boolean => self.pick(&["true", "false"]).to_owned(),
            Kind::Guid => {
                let start = self.pick(&["11", "77"]);
                format!("{start}000000-0000-4000-8000-{:012}", 1 + self.below(40))
            }
        }
    }

    fn comparison(&mut self) -> &'static str {
        self.pick(&["eq", "ne", "ne", "gt", "ge", "lt", "le"])
    }

    fn kind(&mut self) -> Kind {
        let place = self.below(10);
        *Kind::ALL.get(place).unwrap_or(if place.is_multiple_of(2) {
            &Kind::Text
        } else {
            &Kind::Number
        })
    }

    fn key(&mut self) -> u32 {
        let base = if self.chance(75) {
            self.keys[0]
        } else {
            self.keys[1]
        };
        if self.chance(5) {
            33_000_001
        } else {
            base + 1 + u32::try_from(self.below(8)).unwrap()
        }
    }

    fn note(&mut self, construct: &'static str) {
        *self.made.entry(construct).or_default() += 1;
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from((self.state >> 16) % n as u64).unwrap()
    }

    fn pick<V: Copy>(&mut self, of: &[V]) -> V {
        of[self.below(of.len())]
    }

    fn pick_ref<V>(&mut self, of: &'static [V]) -> &'static V {
        &of[self.below(of.len())]
    }
}

/// The URL of a path and options, with what may not stand there as it is encoded.
fn encode(path: &str, options: &[String], separator: char) -> String {
    let mut url = path.to_owned();
    for (place, option) in options.iter().enumerate() {
        url.push(if place == 0 { '?' } else { separator });
        for byte in option.bytes() {
            match byte {
                b'A'..=b'Z'
                | b'a'..=b'z'
                | b'0'..=b'9'
                | b'-'
                | b'.'
                | b'_'
                | b'~'
                | b'$'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b','
                | b';'
                | b'='
                | b':'
                | b'/'
                | b'@'
                | b'!' => url.push(char::from(byte)),
                _ => url += &format!("%{byte:02X}"),
            }
        }
    }
    url
}

/// What came of the requests.
#[derive(Debug, Default)]
pub(super) struct Tally {
    statuses: BTreeMap<u16, usize>,
    not_empty: usize,
    /// Error codes with how often, and one request.
    errors: BTreeMap<String, (usize, String)>,
}

/// Documented answers to requests that are valid in form: an operation on values that can't be done.
const DOCUMENTED: &[&str] = &["InvalidOptionValue", "LimitExceeded"];

impl Tally {
    pub(super) fn answer(&mut self, url: &str, response: &Response) {
        *self.statuses.entry(response.status).or_default() += 1;
        assert!(response.complete, "{url}");
        if response.status == 200 && super::size(response) > 0 {
            self.not_empty += 1;
        }
        if response.status >= 400 && response.status != 404 {
            let json = response.json();
            let code = json["error"]["code"].as_str().unwrap_or("none").to_owned();
            let told = format!("{url}: {}", json["error"]["message"]);
            self.errors
                .entry(format!("{} {code}", response.status))
                .or_insert((0, told))
                .0 += 1;
        }
    }

    pub(super) fn report(&self, generator: &Generator) {
        println!("constructs: {:#?}", generator.made);
        println!(
            "statuses: {:?}; {} not empty; errors: {:#?}",
            self.statuses, self.not_empty, self.errors
        );
    }

    /// The requests are worth their time: valid, and about something.
    pub(super) fn check(&self, generator: &Generator) {
        let documented = |name: &String| {
            name.starts_with("400 ") && DOCUMENTED.iter().any(|code| name.ends_with(code))
        };
        let others: Vec<_> = self
            .errors
            .iter()
            .filter(|(name, _)| !documented(name))
            .collect();
        assert!(others.is_empty(), "{others:#?}");
        let all: usize = self.statuses.values().sum();
        let errors: usize = self.errors.values().map(|(count, _)| count).sum();
        assert!(errors * 20 < all, "{errors} of {all}: {:#?}", self.errors);
        assert!(self.not_empty * 3 > all, "{} of {all}", self.not_empty);
        for (construct, made) in &generator.made {
            assert!(made * 1_000 >= super::queries(), "{construct}: {made}");
        }
    }
}
