//! What might help somebody whose URL does not parse.
//!
//! In: the token that can't stand where it does, and what is around it. Out: a sentence, where one is
//! near: what other languages write, and what the grammar has for it.

use super::expr::operator_names;
use super::parser::{Found, Parser};
use super::token::Token;
use crate::error::nearest;

/// The hint for a token where something else was expected.
pub(crate) fn hint(parser: &Parser<'_>, found: Found, expected: &str) -> Option<String> {
    let text = parser.slice(found.start, found.end);
    let before = parser.slice(0, found.start);
    let behind = parser.text_from(found.end);
    if expected.starts_with("a word") {
        return in_search(found.token, text).map(str::to_owned);
    }
    let hint = match found.token {
        Token::Slash | Token::Dot | Token::Number if is_date(before, text, behind) => {
            "a date is written 2021-11-23, a time with it 2021-11-23T09:30:00Z"
        }
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
        Token::JsonString | Token::OpenJsonString => "a string stands in single quotes",
        Token::OpenString => {
            "close the string with a single quote; inside it a single quote is doubled, and '&' is written '%26'"
        }
        Token::Name | Token::Integer if before.ends_with('\'') => {
            "a single quote inside a string is doubled: 'O''Neil'"
        }
        Token::BadDate => "a date is written 2021-11-23, a time with it 2021-11-23T09:30:00Z",
        Token::Other if text == "+" => "add with 'add'",
        Token::Minus | Token::Integer if text.starts_with('-') => "subtract with 'sub'",
        Token::Star => "multiply with 'mul'",
        Token::Slash if before.ends_with([' ', ')']) => "divide with 'div'",
        Token::Other if text == "%" => "the rest of a division is 'mod'",
        Token::Name if expected.contains("an operator") => return word(before, text, behind),
        _ => return None,
    };
    Some(hint.to_owned())
}

/// A word where an operator is expected.
fn word(before: &str, text: &str, behind: &str) -> Option<String> {
    let next = behind.trim_start().split([' ', '(']).next().unwrap_or("");
    let hint = match text.to_ascii_lowercase().as_str() {
        "is" if next.eq_ignore_ascii_case("not") => "compare with 'ne'",
        "is" | "equals" => "compare with 'eq'",
        "not" if next.eq_ignore_ascii_case("in") => "negate the whole: not (a in (1,2))",
        "not" => "'not' stands before what it negates: not (a eq 1)",
        "like" => "use contains(a,'b'), startswith(a,'b') or endswith(a,'b')",
        "between" => "write both bounds: a ge 1 and a le 2",
        lower => {
            let near = nearest(lower, operator_names())?;
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
        Token::End => return None,
        _ => "what is no letter or digit stands in a phrase in double quotes",
    })
}
