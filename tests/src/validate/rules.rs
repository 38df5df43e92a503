//! What answers are held against: each rule by its name, with the clause that it comes from, and what
//! is said where one is broken.
//!
//! P is OData 4.01 Protocol, U its URL Conventions, J its JSON Format, A Data Aggregation. "Excel" is
//! what Excel and Power BI refuse, whatever the standard lets pass.

use std::fmt;

macro_rules! rules {
    ($($name:ident = $clause:literal,)*) => {
        /// A rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Rule {
            $($name,)*
        }

        impl Rule {
            /// Every rule: each is shown to catch something.
            #[cfg(test)]
            pub(super) const ALL: &[Rule] = &[$(Rule::$name,)*];

            /// Where it is written.
            fn clause(self) -> &'static str {
                match self {
                    $(Rule::$name => $clause,)*
                }
            }
        }
    };
}

rules! {
    // Headers.
    OneVersion = "P 8.1.5, Excel: every answer has exactly one OData-Version",
    VersionAsked = "P 8.2.6, Excel: 4.01 is answered to those alone who ask for it",
    MediaType = "P 8.1.1, Excel: JSON, CSDL, CSV, lines or text, and no Atom",
    MetadataParameter = "J 4.1: the media type tells how much control information there is",
    ErrorLanguage = "P 8.1.3, 9.4: an error tells the language of its message",
    ErrorForm = "J 21.1: an error is one object 'error' with a code and a message",
    // JSON as such.
    JsonForm = "J 2: the body is JSON, and here without white space",
    NamesOnce = "J 4.2 (RFC 7493, 2.3): no name stands twice in an object",
    // The context.
    ContextFirst = "J 4.5.1: the context is the first member",
    ContextGrammar = "P 10: a context URL is '$metadata' with a fragment of the grammar",
    ContextUnencoded = "P 10: keys in a context URL are not percent-encoded",
    ContextKnown = "P 10: a context names what $metadata declares",
    NoEmptyList = "P 10.10, Excel: no 'navigation()' in a context of 4.0",
    ContextOfExpanded = "P 10.10: a context of 4.01 names what is expanded",
    ContextOfEach = "J 4.5.1: an entity tells its set where the context of the whole does not",
    MetadataTag = "J 4.5.2: the tag of $metadata, once, where all control information is wanted",
    // Links.
    AbsoluteLinks = "Excel: every URL is absolute",
    OneRoot = "Excel: all URLs of an answer have one scheme, host and root",
    LinkTaken = "P 11.2.6.7: a link can be followed",
    LinkKeepsOptions = "P 11.2.6.7: a next link has the options of its request",
    // Collections.
    CollectionForm = "J 13: a collection is 'value', with a count and a next link at most",
    CountForm = "J 4.5.4: a count is an Int64, none below zero",
    StreamOrder = "J 4.4: a stream has its count before its rows, and its next link behind them",
    // Entities.
    AllPresent = "P 11.2, Excel: every property that is selected stands in every row",
    AllDeclared = "Excel: no property stands there that neither $metadata nor the request names",
    OfAll = "A 3.1.1: a context names what all instances have alone",
    ControlKnown = "J 4.5: control information has its name, by the version",
    ControlPlace = "J 4.4: control information stands before what it is about",
    NoneHasNone = "J 3.1.3: without metadata there is no control information but counts and links",
    FullHasAll = "J 3.1.2: at the full level nothing has to be computed",
    HasId = "J 4.5.8: an entity whose key isn't shown has its id",
    IdOfKey = "P 4.1: an id is the URL of the entity by its key",
    TransientId = "J 4.5.8: an entity without an id says so",
    ReferenceForm = "J 14: a reference is an id",
    ExpandedForm = "J 8.3: what is expanded is an object, null, or an array of objects",
    // A property of its own, a cross join, the service document.
    PropertyForm = "J 11: a property is 'value'",
    CrossJoinForm = "U 4.15: a combined row has each set, as an entity or as a link",
    ServiceDocument = "J 5: every set with its name, kind and URL",
    // Values.
    ScalarForm = "J 7.1: each type has its form",
    Nullable = "CSDL 7.2.1: null stands where it may",
    TimesInUtc = "Excel: every time of a day ends in 'Z'",
    NoExponent = "J 3.2: a Decimal has an exponent for those alone who ask for it",
    DynamicType = "J 4.5.3: what is not declared tells its type",
    TypeForm = "J 4.5.3: the type that is told is the one that is declared, '#' before it in 4.0",
    // What is no JSON of OData.
    LineForm = "NDJSON: an object on each line, and an end after each",
    CsvForm = "RFC 4180: a header, and lines of as many fields that end in CRLF",
    CsvNames = "a column is named as the property in it",
    CountText = "P 11.2.9: a count is a number as text",
    // $metadata.
    MetadataForm = "CSDL 4: $metadata is a document",
    FacetsFit = "Excel: a facet stands where its type has it",
    PlainTypes = "Excel: neither Edm.Untyped nor Edm.Stream, and no open type",
    OneSchema = "Excel: one schema with one container",
    NoEnumCollections = "Excel: no annotation with a collection of enumeration members",
}

/// What breaks a rule.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(super) rule: Rule,
    text: String,
}

impl Fault {
    pub(super) fn new(rule: Rule, at: impl fmt::Display, text: impl fmt::Display) -> Fault {
        Fault {
            rule,
            text: format!("{at}: {text}"),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?}, {})", self.text, self.rule, self.rule.clause())
    }
}

/// A place in a body: written where it is told alone, since nearly none is.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    outer: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Row(usize),
}

impl<'a> At<'a> {
    pub(super) fn of(name: &'a str) -> At<'a> {
        At {
            outer: None,
            step: Step::Name(name),
        }
    }

    pub(super) fn name(&'a self, name: &'a str) -> At<'a> {
        At {
            outer: Some(self),
            step: Step::Name(name),
        }
    }

    pub(super) fn row(&'a self, row: usize) -> At<'a> {
        At {
            outer: Some(self),
            step: Step::Row(row),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            write!(f, "{outer}")?;
        }
        match (self.step, self.outer) {
            (Step::Row(row), _) => write!(f, "[{row}]"),
            (Step::Name(name), Some(_)) => write!(f, ".{name}"),
            (Step::Name(name), None) => write!(f, "{name}"),
        }
    }
}
