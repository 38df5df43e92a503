//! What might help somebody whose URL does not parse.
//!
//! In: the token that can't stand where it does, and what is around it. Out: a sentence, where one is
//! near: what other languages write, and what the grammar has for it.

use super::apply::is_method;
use super::expr::operator_names;
use super::parser::{Found, Parser};
use super::token::Token;
use crate::error::nearest;

/// What options are called elsewhere, in OData 2 and 3 among others, and what they are here.
const OPTIONS: &[(&str, &str)] = &[
    ("aggregate", "$apply"),
    ("columns", "$select"),
    ("fields", "$select"),
    ("group", "$apply"),
    ("groupby", "$apply"),
    ("include", "$expand"),
    ("inlinecount", "$count=true"),
    ("limit", "$top"),
    ("offset", "$skip"),
    ("query", "$search"),
    ("sort", "$orderby"),
    ("where", "$filter"),
];

/// What transformations are called elsewhere, and what they are here.
const TRANSFORMATIONS: &[(&str, &str)] = &[
    ("distinct", "group by it: groupby((a))"),
    ("group", "did you mean 'groupby'?"),
    ("having", "filter the groups: groupby(..)/filter(..)"),
    ("limit", "did you mean 'top'?"),
    ("offset", "did you mean 'skip'?"),
    (
        "select",
        "group by it: groupby((a)), or choose with the query option $select",
    ),
    ("sort", "did you mean 'orderby'?"),
    ("where", "did you mean 'filter'?"),
];

/// The same for methods.
const METHODS: &[(&str, &str)] = &[
    ("avg", "did you mean 'average'?"),
    (
        "count",
        "rows are counted by '$count as n', values by 'countdistinct'",
    ),
    ("distinct", "did you mean 'countdistinct'?"),
    ("mean", "did you mean 'average'?"),
    ("total", "did you mean 'sum'?"),
];

/// What an option of that name is called here.
pub(super) fn option(name: &str) -> Option<&'static str> {
    elsewhere(name, OPTIONS)
}

/// The hint for a name that is a transformation elsewhere.
pub(super) fn transformation(name: &str) -> Option<&'static str> {
    elsewhere(name, TRANSFORMATIONS)
}

/// The hint for a name that is a method elsewhere.
pub(super) fn method(name: &str) -> Option<&'static str> {
    elsewhere(name, METHODS)
}

fn elsewhere(name: &str, rows: &'static [(&str, &str)]) -> Option<&'static str> {
    let mut rows = rows.iter();
    let found = rows.find(|row| row.0.eq_ignore_ascii_case(name));
    found.map(|row| row.1)
}

/// The hint for a token where something else was expected.
pub(crate) fn hint(parser: &Parser<'_>, found: Found, expected: &str) -> Option<String> {
    let text = parser.slice(found.start, found.end);
    let before = parser.slice(0, found.start);
    let behind = parser.text_from(found.end);
    if expected.starts_with("a word") {
        return in_search(found.token, text).map(str::to_owned);
    }
    let hint = match found.token {
        Token::Slash | Token::Dot | Token::Number if is_date(before, text, behind) => DATE,
        Token::TimeOfDay if ends_with_date(before) => DATE,
        Token::BadDate => DATE,
        Token::Equals if behind.starts_with('>') => "compare with 'ge'",
        Token::Equals if behind.starts_with('<') => "compare with 'le'",
        Token::Equals => "compare with 'eq'",
        Token::Sign => match text {
            "==" => "compare with 'eq'",
            "!=" | "<>" => "compare with 'ne'",
            "<" => "compare with 'lt'",
            "<=" => "compare with 'le'",
            ">" => "compare with 'gt'",
            ">=" => "compare with 'ge'",
            "&&" => "combine with 'and'",
            "||" => "combine with 'or'",
            _ => "negate with 'not'",
        },
        Token::String | Token::JsonString if expected.contains("the name of") => {
            "a name stands without quotes"
        }
        Token::JsonString | Token::OpenJsonString => {
            "a string stands in single quotes, a name in none"
        }
        Token::Other if text == "`" => "a name stands without quotes",
        Token::OpenString => {
            "close the string with a single quote; inside it a single quote is doubled, and '&' is written '%26'"
        }
        Token::Name | Token::Integer if before.ends_with('\'') => {
            "a single quote inside a string is doubled: 'O''Neil'"
        }
        Token::Integer | Token::Number if before.ends_with('/') => "divide with 'div'",
        _ if expected.contains("an operator")
            && let Some(hint) = arithmetic(found.token, before, text, behind) =>
        {
            hint
        }
        Token::OpenBracket if expected.contains("'('") => "a key stands in parentheses",
        Token::Comma | Token::Semicolon if expected == "an operator or the end" => {
            "combine conditions with 'and' or 'or'"
        }
        Token::Comma | Token::Semicolon | Token::Name if expected == "'/' or the end" => {
            "transformations are separated by '/'"
        }
        Token::Semicolon if expected.contains("','") => "items are separated by ','",
        _ if expected.starts_with("':'") => "as in any(x:x/id eq 1)",
        Token::Name => return word(before, text, behind, expected),
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What is computed with signs elsewhere.
fn arithmetic(token: Token, before: &str, text: &str, behind: &str) -> Option<&'static str> {
    let is_number = matches!(token, Token::Integer | Token::Number);
    Some(match token {
        Token::Other if text == "+" && before.trim_end().ends_with('\'') => {
            "join texts with concat(a,b)"
        }
        Token::Other if text == "+" => "add with 'add'",
        Token::Other if text == "%" => "the rest of a division is 'mod'",
        Token::Other if text == "~" => "as in matchesPattern(a,'^b')",
        Token::Minus if behind.starts_with('>') => "a path is written with '/', as in a/b",
        Token::Minus => "subtract with 'sub'",
        Token::Star => "multiply with 'mul'",
        Token::Slash if before.ends_with([' ', ')']) => "divide with 'div'",
        Token::Comma if is_digit(before.chars().last()) && is_digit(behind.chars().next()) => {
            "a number has no separators: 1000 or 0.5"
        }
        _ if is_number && text.starts_with('+') => "add with 'add'",
        _ if is_number && text.starts_with('-') => "subtract with 'sub'",
        _ => return None,
    })
}

fn is_digit(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit())
}

const DATE: &str = "a date is written 2021-11-23, a time with it 2021-11-23T09:30:00Z";

/// The words of the grammar that `$apply` has in lower case alone.
const LOWER: [&str; 3] = ["as", "with", "from"];

/// A word where something else is expected, an operator mostly.
fn word(before: &str, text: &str, behind: &str, expected: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut wanted = LOWER.iter().filter(|word| expected.contains(**word));
    if wanted.any(|word| lower == *word && text != lower) {
        return Some(format!("'{lower}' is in lower case here"));
    }
    if expected.contains("'with'") && (lower == "as" || is_method(&lower)) {
        return Some("a method stands behind 'with': price with sum as total".to_owned());
    }
    if expected.contains("'asc'") {
        let mut directions = ["asc", "desc"].into_iter();
        if let Some(near) = directions.find(|direction| lower.starts_with(direction)) {
            return Some(format!("did you mean '{near}'?"));
        }
    }
    if !expected.contains("an operator") {
        return None;
    }
    let next = behind.trim_start().split([' ', '(']).next().unwrap_or("");
    let hint = match lower.as_str() {
        "as" if expected.contains("a type") => "a comma stands before the type: cast(a,Edm.String)",
        "is" if next.eq_ignore_ascii_case("not") => "compare with 'ne'",
        "is" | "equals" => "compare with 'eq'",
        "neq" => "compare with 'ne'",
        "gte" => "compare with 'ge'",
        "lte" => "compare with 'le'",
        "greater" | "after" => "compare with 'gt'",
        "less" | "before" => "compare with 'lt'",
        "xor" => "compare the two: (a eq 1) ne (b eq 2)",
        "matches" | "regex" | "regexp" => "as in matchesPattern(a,'^b')",
        "not" if next.eq_ignore_ascii_case("in") => "negate the whole: not (a in (1,2))",
        "not" => "'not' stands before what it negates: not (a eq 1)",
        "like" | "ilike" => "use contains(a,'b'), startswith(a,'b') or endswith(a,'b')",
        "contains" | "startswith" | "endswith" => {
            return Some(format!("it is a function: {lower}(a,'b')"));
        }
        "between" => "write both bounds: a ge 1 and a le 2",
        // Of two letters any two words are near.
        lower => {
            let names = operator_names().filter(|name| *name == lower || lower.len() > 2);
            let near = nearest(lower, names)?;
            // The operator itself stands there: something around it is wrong.
            return Some(match near == lower {
                true if !before.ends_with([' ', '\t']) => {
                    format!("white space is missing before '{text}'")
                }
                true if !behind.starts_with([' ', '\t']) => {
                    format!("white space is missing behind '{text}'")
                }
                true => format!("'{text}' needs an operand on each side"),
                false => format!("did you mean '{near}'?"),
            });
        }
    };
    Some(hint.to_owned())
}

/// Whether the text ends with a date and white space: a time behind it is part of it.
fn ends_with_date(before: &str) -> bool {
    let date = before.trim_end();
    let start = date
        .rfind([' ', '\t', '(', ',', '='])
        .map_or(0, |at| at + 1);
    date.len() < before.len() && Token::first(date.get(start..).unwrap_or("")).0 == Token::Date
}

/// Whether this is the middle of `2021/11/23`, `11/23/2021` or `23.11.2021`.
fn is_date(before: &str, text: &str, behind: &str) -> bool {
    let is_part = |part: &str| {
        matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let start = before.rfind(|c: char| !(c.is_ascii_digit() || "./".contains(c)));
    let start = before.get(start.map_or(0, |at| at + 1)..).unwrap_or("");
    let end = behind.find(|c: char| !(c.is_ascii_digit() || "./".contains(c)));
    let end = behind.get(..end.unwrap_or(behind.len())).unwrap_or("");
    let whole = format!("{start}{text}{end}");
    ['/', '.'].into_iter().any(|separator| {
        let parts: Vec<&str> = whole.split(separator).collect();
        parts.len() == 3 && parts.iter().all(|part| is_part(part))
    })
}

/// The words and signs of a search are its own (URL Conventions 5.1.7).
fn in_search(token: Token, text: &str) -> Option<&'static str> {
    Some(match token {
        Token::JsonString => "a phrase has a word at least between its double quotes",
        Token::OpenJsonString => "close the phrase with a double quote",
        Token::String | Token::OpenString => "a phrase stands in double quotes",
        Token::Sign if text == "&&" => "combine with 'AND'",
        Token::Sign if text == "||" => "combine with 'OR'",
        Token::Sign if text == "!" => "negate with 'NOT'",
        Token::End | Token::Close => return None,
        _ => "what is no letter or digit stands in a phrase in double quotes",
    })
}
