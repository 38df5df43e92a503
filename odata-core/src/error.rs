//! The one error of this crate.
//!
//! An [`Error`] is what a client reads: a [`Code`] (which fixes the HTTP status), a message, and,
//! where they are known, the option or path segment, the position in it, and a hint. It never holds
//! SQL, a token or the database's own words; those go to the log, where the error is made.

use std::fmt;

/// A range of characters in one query option's value, or in one path, as the client wrote it (still
/// percent-encoded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// The zero-based index of the first character.
    pub start: u32,
    /// The number of characters, at least 0.
    pub len: u32,
}

impl Span {
    /// The range `start..end`, in characters.
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span {
            start: clamp(start),
            len: clamp(end.saturating_sub(start)),
        }
    }

    /// The smallest range that holds both.
    pub fn to(self, other: Span) -> Span {
        let start = self.start.min(other.start);
        let end = (self.start + self.len).max(other.start + other.len);
        Span {
            start,
            len: end - start,
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal,)*) => {
        /// What went wrong, as `error.code` says it. Each code has one HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The HTTP status that answers it.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }

            /// The text of `error.code`.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$name => stringify!($name),)* }
            }
        }
    };
}

codes! {
    /// The text is not what the grammar allows.
    SyntaxError = 400,
    /// No such property on that type.
    UnknownProperty = 400,
    /// No such navigation property on that type.
    UnknownNavigation = 400,
    /// No such function, or none with these parameters.
    UnknownFunction = 400,
    /// No such type.
    UnknownType = 400,
    /// No such path segment.
    UnknownSegment = 404,
    /// An operand of a type that the operator or function does not take.
    TypeMismatch = 400,
    /// A literal that its type cannot hold.
    InvalidLiteral = 400,
    /// A value that the query option does not take.
    InvalidOptionValue = 400,
    /// A system query option or an alias given twice.
    DuplicateOption = 400,
    /// An option, or a property in it, that this resource does not allow.
    OptionNotAllowed = 400,
    /// More than the service is willing to do.
    LimitExceeded = 400,
    /// No such entity, or none that the caller may see.
    ResourceNotFound = 404,
    /// A part of OData that this service does not offer.
    NotImplemented = 501,
    /// No representation that the client accepts.
    NotAcceptable = 406,
    /// A version of OData that this service does not speak.
    UnsupportedVersion = 400,
    /// A method other than GET, HEAD and OPTIONS.
    MethodNotAllowed = 405,
    /// No credentials, or unknown ones.
    Unauthorized = 401,
    /// Known credentials that may see nothing here.
    Forbidden = 403,
    /// The caller's turn did not come in time.
    TooManyRequests = 429,
    /// The database took too long to find the first row.
    Timeout = 504,
    /// The database cannot be reached, or does not match the model.
    Unavailable = 503,
    /// A fault of the service.
    Internal = 500,
    /// A condition of the request that cannot be met.
    PreconditionFailed = 412,
    /// The URL is longer than the service reads.
    UriTooLong = 414,
    /// The row that a next link continues from is gone or changed.
    Gone = 410,
    /// A `Host` that the service is not configured for.
    InvalidHost = 400,
    /// Several credentials that differ.
    AmbiguousCredentials = 400,
}

/// An error that a client can read and act upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    code: Code,
    message: String,
    target: Option<String>,
    span: Option<Span>,
    hint: Option<String>,
    details: Vec<Error>,
    retry_after: Option<u32>,
    incident: Option<u32>,
}

impl Error {
    /// An error of this code. `message` starts in lower case, has no full stop, names the thing in
    /// single quotes and says what was expected.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            code,
            message: message.into(),
            target: None,
            span: None,
            hint: None,
            details: Vec::new(),
            incident: None,
            retry_after: None,
        }))
    }

    /// A part of OData that is not offered, by its name.
    pub fn not_implemented(what: impl fmt::Display) -> Error {
        Error::new(
            Code::NotImplemented,
            format!("{what} is not implemented by this service"),
        )
    }

    /// An option where it has no place: `in $expand`, `on a collection`.
    pub fn option_not_allowed(option: &str, place: impl fmt::Display) -> Error {
        let message = format!("'{option}' is not allowed {place}");
        Error::new(Code::OptionNotAllowed, message)
    }

    /// The same error, at this place. A place that is already known stays.
    pub fn at(mut self, span: Span) -> Error {
        self.0.span.get_or_insert(span);
        self
    }

    /// The same error, about this option (`$filter`) or path segment. One that is known stays.
    pub fn target(mut self, target: impl Into<String>) -> Error {
        let target = target.into();
        for detail in &mut self.0.details {
            detail.0.target.get_or_insert_with(|| target.clone());
        }
        self.0.target.get_or_insert(target);
        self
    }

    /// The same error, about what `named` finds at its place. A target that is known stays.
    pub fn target_at(mut self, named: impl Fn(Span) -> Option<String>) -> Error {
        let inner = &mut *self.0;
        for error in inner.details.iter_mut().map(|detail| &mut *detail.0) {
            if let (None, Some(span)) = (&error.target, error.span) {
                error.target = named(span);
            }
        }
        if let (None, Some(span)) = (&inner.target, inner.span) {
            inner.target = named(span);
        }
        self
    }

    /// The same error about the whole of its target: without a place in it.
    pub fn of_whole(mut self) -> Error {
        self.0.span = None;
        self
    }

    /// The same error with a hint: a sentence that helps.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error with this hint, if there is one and it has none yet.
    pub fn or_hint(mut self, hint: Option<impl Into<String>>) -> Error {
        if self.0.hint.is_none() {
            self.0.hint = hint.map(Into::into);
        }
        self
    }

    /// The same error with "did you mean" where one of `known` is near `name`.
    pub fn did_you_mean<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
        match nearest(name, known) {
            Some(near) => self.hint(format!("did you mean '{near}'?")),
            None => self,
        }
    }

    /// The same where it has no hint yet.
    pub fn or_did_you_mean<'a>(
        self,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Error {
        match self.0.hint {
            Some(_) => self,
            None => self.did_you_mean(name, known),
        }
    }

    /// The same error, worth another try after so many seconds.
    pub fn retry_after(mut self, seconds: u32) -> Error {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The same error with the number under which the log has its cause.
    pub fn incident(mut self, number: u32) -> Error {
        self.0.incident = Some(number);
        self
    }

    /// One error of several that were found at once: the first, with all of them as its details.
    /// `None` when there are none.
    pub fn all(mut errors: Vec<Error>) -> Option<Error> {
        if errors.len() < 2 {
            return errors.pop();
        }
        let mut first = errors[0].clone();
        first.0.details = errors;
        Some(first)
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.code.status()
    }

    /// The sentence for a person.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The option or path segment it is about.
    pub fn target_name(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    /// The place in the target.
    pub fn span(&self) -> Option<Span> {
        self.0.span
    }

    /// What might help.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The errors that this one stands for, when there are several.
    pub fn details(&self) -> &[Error] {
        &self.0.details
    }

    /// The number under which the log has the cause.
    pub fn incident_number(&self) -> Option<u32> {
        self.0.incident
    }

    /// Seconds after which another try may succeed.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

/// The name among `known` that `name` most likely stands for, if one is near enough.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (edit_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1 + candidate.chars().count().min(name.chars().count()) / 4
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions and replacements between two words. Names are short; one
/// that isn't is cut, so that a hostile URL costs nothing here.
fn edit_distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(LONGEST).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replace = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let known = ["inbox_id", "id", "account_id"];
        assert_eq!(nearest("inboxid", known), Some("inbox_id"));
        assert_eq!(nearest("Inbox_Id", known), Some("inbox_id"));
        assert_eq!(nearest("zebra", known), None);
    }

    #[test]
    fn several_errors_are_one_with_details() {
        let errors = vec![
            Error::new(Code::UnknownProperty, "a"),
            Error::new(Code::UnknownProperty, "b"),
        ];
        let error = Error::all(errors).unwrap();
        assert_eq!(error.message(), "a");
        assert_eq!(error.details().len(), 2);
        assert_eq!(Error::all(vec![]), None);
    }

    #[test]
    fn a_place_that_is_known_stays() {
        let error = Error::new(Code::SyntaxError, "x")
            .at(Span::new(3, 5))
            .at(Span::new(0, 9));
        assert_eq!(error.span(), Some(Span { start: 3, len: 2 }));
    }
}
