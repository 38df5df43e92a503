//! `matchesPattern`: an ECMAScript regular expression becomes one of PostgreSQL's (URL Conventions
//! 5.1.1.7.1).
//!
//! The pattern is parsed, and written again from its tree: what the two languages mean differently is
//! translated, and nothing reaches PostgreSQL that wasn't understood. What a backtracking engine would
//! need (references back, look-around) is refused; PostgreSQL's own engine builds automata.

use super::ecmascript::normalized;
use crate::error::{Code, Error, Result, Span};
use crate::limits::Limits;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassBracketed, ClassPerl, ClassPerlKind, ClassSet, ClassSetItem,
    ErrorKind, GroupKind, Literal, RepetitionKind, RepetitionRange,
};

/// The largest number in `{n}`: more is an error in PostgreSQL.
const MOST_REPETITIONS: u32 = 255;
/// Levels of groups.
const DEPTH: u32 = 32;
/// What the whole may repeat: nested repetitions multiply.
const MOST_IN_ALL: u64 = 10_000;

/// The pattern in PostgreSQL's language.
pub(super) fn translate(pattern: &str, limits: &Limits, span: Span) -> Result<String> {
    let exceeded = |message: String| Error::new(Code::LimitExceeded, message).at(span);
    let wrong = |what: &str| {
        let message = format!("the regular expression is not valid: {what}");
        Error::new(Code::InvalidLiteral, message).at(span)
    };
    let not_offered = |what: &str| {
        Error::not_implemented(format_args!("{what} in a regular expression")).at(span)
    };
    if pattern.chars().count() > limits.pattern_chars {
        return Err(limits.exceeded("pattern_chars").at(span));
    }
    let normalized = normalized(pattern).map_err(not_offered)?;
    let mut parser = regex_syntax::ast::parse::ParserBuilder::new();
    let ast = parser
        .nest_limit(DEPTH)
        .build()
        .parse(&normalized)
        .map_err(|error| match error.kind() {
            ErrorKind::NestLimitExceeded(_) => exceeded(format!(
                "expected at most {DEPTH} levels in a regular expression"
            )),
            kind => wrong(&kind.to_string()),
        })?;
    let mut out = String::from("(?:");
    write(&mut out, &ast, 1).map_err(|refused| match refused {
        Refused::Wrong(what) => wrong(what),
        Refused::NotOffered(what) => not_offered(what),
        Refused::TooMany => exceeded(format!(
            "expected at most {MOST_REPETITIONS} repetitions in a regular expression, and {MOST_IN_ALL} in all"
        )),
    })?;
    out.push(')');
    Ok(out)
}

/// Why a pattern isn't translated.
enum Refused {
    /// ECMAScript has no such thing.
    Wrong(&'static str),
    /// It cannot be run here.
    NotOffered(&'static str),
    TooMany,
}

type Written = std::result::Result<(), Refused>;

fn write(out: &mut String, ast: &Ast, repeated: u64) -> Written {
    match ast {
        Ast::Empty(_) => {}
        Ast::Flags(_) => return Err(Refused::Wrong("flags stand before a group")),
        Ast::Literal(literal) => write_char(out, literal),
        // Everything but the ends of lines.
        Ast::Dot(_) => out.push_str("[^\\n\\r\\u2028\\u2029]"),
        Ast::Assertion(assertion) => out.push_str(match assertion.kind {
            AssertionKind::StartLine => "^",
            AssertionKind::EndLine => "$",
            AssertionKind::WordBoundary => "\\y",
            AssertionKind::NotWordBoundary => "\\Y",
            _ => return Err(Refused::Wrong("no such assertion")),
        }),
        Ast::ClassUnicode(_) => return Err(Refused::NotOffered("a class of Unicode properties")),
        Ast::ClassPerl(class) => {
            out.push('[');
            if class.negated {
                out.push('^');
            }
            out.push_str(members(class));
            out.push(']');
        }
        Ast::ClassBracketed(class) => write_bracketed(out, class)?,
        Ast::Repetition(repetition) => {
            let (text, times) = match &repetition.op.kind {
                RepetitionKind::ZeroOrOne => ("?".to_owned(), 1),
                RepetitionKind::ZeroOrMore => ("*".to_owned(), 1),
                RepetitionKind::OneOrMore => ("+".to_owned(), 1),
                RepetitionKind::Range(RepetitionRange::Exactly(n)) => (format!("{{{n}}}"), *n),
                RepetitionKind::Range(RepetitionRange::AtLeast(n)) => (format!("{{{n},}}"), *n),
                RepetitionKind::Range(RepetitionRange::Bounded(n, m)) => {
                    (format!("{{{n},{m}}}"), *m)
                }
            };
            let repeated = repeated.saturating_mul(u64::from(times.max(1)));
            if times > MOST_REPETITIONS || repeated > MOST_IN_ALL {
                return Err(Refused::TooMany);
            }
            out.push_str("(?:");
            write(out, &repetition.ast, repeated)?;
            out.push(')');
            out.push_str(&text);
        }
        Ast::Group(group) => {
            match &group.kind {
                GroupKind::CaptureIndex(_) => {}
                GroupKind::CaptureName {
                    starts_with_p: false,
                    ..
                } => {}
                GroupKind::NonCapturing(flags) if flags.items.is_empty() => {}
                GroupKind::NonCapturing(_) => return Err(Refused::NotOffered("flags")),
                GroupKind::CaptureName { .. } => {
                    return Err(Refused::Wrong("a group is named by '(?<name>'"));
                }
            }
            out.push_str("(?:");
            write(out, &group.ast, repeated)?;
            out.push(')');
        }
        Ast::Alternation(alternation) => {
            out.push_str("(?:");
            for (i, ast) in alternation.asts.iter().enumerate() {
                if i > 0 {
                    out.push('|');
                }
                write(out, ast, repeated)?;
            }
            out.push(')');
        }
        Ast::Concat(concat) => {
            for ast in &concat.asts {
                write(out, ast, repeated)?;
            }
        }
    }
    Ok(())
}

/// A character by itself: by its number, unless it is a letter or a digit.
fn write_char(out: &mut String, literal: &Literal) {
    let c = literal.c;
    if c.is_ascii_alphanumeric() || c == ' ' || c == '_' {
        out.push(c);
    } else {
        let code = u32::from(c);
        out.push_str(&if code > 0xFFFF {
            format!("\\U{code:08x}")
        } else {
            format!("\\u{code:04x}")
        });
    }
}

/// What `\d`, `\s` and `\w` are in ECMAScript, inside brackets.
fn members(class: &ClassPerl) -> &'static str {
    match class.kind {
        ClassPerlKind::Digit => "0-9",
        ClassPerlKind::Word => "A-Za-z0-9_",
        ClassPerlKind::Space => {
            "\\u0009-\\u000d\\u0020\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
        }
    }
}

/// All other characters.
fn others(class: &ClassPerl) -> &'static str {
    match class.kind {
        ClassPerlKind::Digit => "\\u0001-/:-\\U0010ffff",
        ClassPerlKind::Word => "\\u0001-/:-@\\u005b-\\u005e`{-\\U0010ffff",
        ClassPerlKind::Space => {
            "\\u0001-\\u0008\\u000e-\\u001f!-\\u009f\\u00a1-\\u167f\\u1681-\\u1fff\\u200b-\\u2027\\u202a-\\u202e\\u2030-\\u205e\\u2060-\\u2fff\\u3001-\\ufefe\\uff00-\\U0010ffff"
        }
    }
}

fn write_bracketed(out: &mut String, class: &ClassBracketed) -> Written {
    let ClassSet::Item(item) = &class.kind else {
        return Err(Refused::NotOffered("an operation on classes"));
    };
    out.push('[');
    if class.negated {
        out.push('^');
    }
    write_item(out, item)?;
    out.push(']');
    Ok(())
}

fn write_item(out: &mut String, item: &ClassSetItem) -> Written {
    match item {
        ClassSetItem::Literal(literal) => write_char(out, literal),
        ClassSetItem::Range(range) => {
            write_char(out, &range.start);
            out.push('-');
            write_char(out, &range.end);
        }
        ClassSetItem::Perl(class) if class.negated => out.push_str(others(class)),
        ClassSetItem::Perl(class) => out.push_str(members(class)),
        ClassSetItem::Union(union) => {
            for item in &union.items {
                write_item(out, item)?;
            }
        }
        _ => return Err(Refused::NotOffered("such a class in brackets")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expected: std::result::Result<&str, Code>) {
        let found =
            translate(pattern, &Limits::default(), Span::default()).map_err(|error| error.code());
        assert_eq!(found, expected.map(str::to_owned));
    }

    #[test]
    fn patterns_are_written_again() {
        check("^ab+$", Ok("(?:^a(?:b)+$)"));
        check(r"\d{2,3}", Ok("(?:(?:[0-9]){2,3})"));
        check("a|b", Ok("(?:(?:a|b))"));
        check("(x)(?:y)", Ok("(?:(?:x)(?:y))"));
        check("[a-c.]", Ok(r"(?:[a-c\u002e])"));
        check("😀", Ok(r"(?:\U0001f600)"));
        check("***=a", Err(Code::InvalidLiteral));
        check(r"\/\-\j\<", Ok(r"(?:\u002f\u002dj\u003c)"));
        check(
            r"\cA\x41\u00e4\uD83D\uDE00\u{1F600}",
            Ok(r"(?:\u0001A\u00e4\U0001f600\U0001f600)"),
        );
        check(
            "a[]|[^]",
            Ok(r"(?:(?:a[^\u0001-\U0010ffff]|[\u0001-\U0010ffff]))"),
        );
        check(
            r"[\b[a&&b~~\]]",
            Ok(r"(?:[\u0008\u005ba\u0026\u0026b\u007e\u007e\u005d])"),
        );
        check("(?<$a>b)", Ok("(?:(?:b))"));
        check("a{,2}{", Ok(r"(?:a\u007b\u002c2\u007d\u007b)"));
        check(r"[\s\S]", Ok(&format!("(?:[{SPACE}{OTHERS}])")));
    }

    const SPACE: &str =
        r"\u0009-\u000d\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
    const OTHERS: &str = r"\u0001-\u0008\u000e-\u001f!-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff";

    #[test]
    fn what_is_wrong_is_told_from_what_is_not_offered() {
        for pattern in ["(", "a)", "[b-a]", "*a", "(?i)a", "(?P<n>a)", "a\\"] {
            check(pattern, Err(Code::InvalidLiteral));
        }
        for pattern in [
            r"(a)\1",
            r"(?<n>a)\k<n>",
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            "(?<!a)",
            r"\p{L}",
            r"[\P{L}]",
            "(?i:a)",
            r"\uD83D",
            r"\0",
            "[a--b]",
        ] {
            check(pattern, Err(Code::NotImplemented));
        }
        for pattern in [
            "a{256}",
            "(?:a{200}){200}",
            "(?:(?:(?:a{99}){99}){99})",
            &"a".repeat(257),
            &("(".repeat(40) + &")".repeat(40)),
        ] {
            check(pattern, Err(Code::LimitExceeded));
        }
    }
}
