//! Random valid requests over the published model, the same for the same seed: every set, form of
//! path, option, function, transformation and kind of navigation, with literals that the rows of both
//! accounts have.
//!
//! What there is to ask for comes from the service's own tables (the model, the function table, the
//! system query options), and [`Census`] counts over the same: who adds a function that no request
//! uses finds the test failing.

mod aggregate;
mod apply;
mod call;
mod census;
mod condition;
mod dice;
mod expand;
mod option;
mod path;
mod tally;
mod value;

pub(super) use census::Census;
pub(super) use dice::Dice;
pub(super) use tally::Tally;

use liveagent_odata::entities::model;
use odata_core::edm::{EntityType, NavigationProperty};

/// Makes requests, and counts what it made.
pub(super) struct Generator {
    dice: Dice,
    types: Vec<&'static EntityType>,
    /// The first keys of the accounts.
    keys: [u32; 2],
    /// What was made.
    pub(super) census: Census,
    lambdas: usize,
    expands: usize,
    /// What `$it` is, where it may stand.
    it: Option<&'static EntityType>,
    /// The parameter aliases of the request, each with its value.
    aliases: Vec<String>,
    /// Whether a literal may come back in the answer: then it has nobody's mark.
    shown: bool,
    /// Whether the rows at hand have a computed property.
    computed: bool,
}

/// A request: what stands behind the service root, encoded, and what its headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) url: String,
    /// `odata.maxpagesize`, if it asks for pages.
    pub(super) page: Option<usize>,
}

/// Where an expression stands: what its names are of, and what goes before each.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    entity: &'static EntityType,
    prefix: &'a str,
}

impl Place<'_> {
    fn of(entity: &'static EntityType) -> Place<'static> {
        Place { entity, prefix: "" }
    }
}

impl Generator {
    pub(super) fn new(seed: u64, own: u32, other: u32) -> Generator {
        Generator {
            dice: Dice::new(seed),
            types: model().entity_types,
            keys: [own, other],
            census: Census::default(),
            lambdas: 0,
            expands: 0,
            it: None,
            aliases: Vec::new(),
            shown: false,
            computed: false,
        }
    }

    /// A request of any form.
    pub(super) fn request(&mut self) -> Request {
        self.lambdas = 0;
        self.expands = 0;
        self.it = None;
        self.aliases.clear();
        let (path, mut options) = self.resource();
        options.retain(|option| !option.is_empty());
        options.append(&mut self.aliases);
        let page = self.dice.chance(20).then(|| 2 + self.dice.below(5));
        Request {
            url: encode(&path, &options),
            page,
        }
    }

    /// Makes something whose values are shown.
    fn shown<V>(&mut self, make: impl FnOnce(&mut Self) -> V) -> V {
        let before = std::mem::replace(&mut self.shown, true);
        let made = make(self);
        self.shown = before;
        made
    }

    fn note(&mut self, kind: &'static str, name: &str) {
        self.census.note(kind, name);
    }

    fn note_navigation(
        &mut self,
        kind: &'static str,
        entity: &EntityType,
        navigation: &NavigationProperty,
    ) {
        self.note(kind, &census::navigation(entity, navigation));
    }

    fn set(&mut self) -> &'static EntityType {
        let types = self.types.clone();
        self.dice.pick(&types)
    }

    /// A key: mostly an own one.
    fn key(&mut self) -> u32 {
        let base = if self.dice.chance(80) {
            self.keys[0]
        } else {
            self.keys[1]
        };
        if self.dice.chance(5) {
            33_000_001
        } else {
            base + 1 + u32::try_from(self.dice.below(8)).unwrap()
        }
    }
}

/// The URL of a path and options, with what may not stand there as it is encoded.
fn encode(path: &str, options: &[String]) -> String {
    let mut url = String::new();
    encode_into(&mut url, path);
    for (place, option) in options.iter().enumerate() {
        url.push(if place == 0 { '?' } else { '&' });
        encode_into(&mut url, option);
    }
    url
}

fn encode_into(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$'()*,;=:/@!".contains(&byte) {
            url.push(char::from(byte));
        } else {
            *url += &format!("%{byte:02X}");
        }
    }
}
