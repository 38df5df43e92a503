//! An ECMAScript pattern in the dialect that `regex_syntax` reads: what the two mean differently is
//! written so that it means the same. Without the flag `u`, as browsers read a pattern (ECMAScript
//! Annex B): what has no meaning is itself.

use std::iter::Peekable;
use std::str::Chars;

/// Any character, and none.
const ANY: &str = r"[\x{1}-\x{10FFFF}]";
const NONE: &str = r"[^\x{1}-\x{10FFFF}]";

/// The pattern for `regex_syntax`, or what it has that cannot be run here.
pub(super) fn normalized(pattern: &str) -> Result<String, &'static str> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(&mut out, &mut rest, false)?,
            '[' => class(&mut out, &mut rest)?,
            '(' if rest.peek() == Some(&'?') => group(&mut out, &mut rest)?,
            '{' if !is_quantifier(&rest) => out.push_str(r"\{"),
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// `(?:`, `(?<name>` and their like, behind the parenthesis.
fn group(out: &mut String, rest: &mut Peekable<Chars<'_>>) -> Result<(), &'static str> {
    let text: String = rest.clone().take(3).collect();
    if ["?=", "?!", "?<=", "?<!"]
        .iter()
        .any(|look| text.starts_with(look))
    {
        return Err("look-around");
    }
    if text.starts_with("?<") {
        // Its name is nobody's: what is matched is not told.
        let name = rest.clone().take_while(|c| *c != '>').count();
        if rest.clone().nth(name) == Some('>') && name > 2 {
            rest.nth(name);
            out.push('(');
            return Ok(());
        }
    }
    out.push('(');
    Ok(())
}

/// Whether `{n}`, `{n,}` or `{n,m}` stands here, behind the brace.
fn is_quantifier(rest: &Peekable<Chars<'_>>) -> bool {
    let inside: String = rest.clone().take_while(|c| *c != '}').collect();
    let closed = rest.clone().nth(inside.chars().count()).is_some();
    let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    closed && !least.is_empty() && digits(least) && digits(most)
}

/// Brackets, behind the first.
fn class(out: &mut String, rest: &mut Peekable<Chars<'_>>) -> Result<(), &'static str> {
    let negated = rest.next_if_eq(&'^').is_some();
    if rest.next_if_eq(&']').is_some() {
        out.push_str(if negated { ANY } else { NONE });
        return Ok(());
    }
    out.push_str(if negated { "[^" } else { "[" });
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(out, rest, true)?,
            ']' => {
                out.push(']');
                return Ok(());
            }
            '-' if rest.peek() == Some(&'-') => return Err("'--' in brackets"),
            // What these would be to the other dialect: a class inside, operations on classes.
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    Ok(())
}

/// What stands behind a backslash.
fn escape(
    out: &mut String,
    rest: &mut Peekable<Chars<'_>>,
    in_class: bool,
) -> Result<(), &'static str> {
    let Some(c) = rest.next() else {
        out.push('\\');
        return Ok(());
    };
    match c {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'f' | 'n' | 'r' | 't' | 'v' => {
            out.push('\\');
            out.push(c);
        }
        'b' if in_class => character(out, 8),
        'b' | 'B' if !in_class => {
            out.push('\\');
            out.push(c);
        }
        'c' => match rest.next_if(char::is_ascii_alphabetic) {
            Some(letter) => character(out, u32::from(letter) % 32),
            None => return Err("'\\c' without a letter"),
        },
        '0' if !rest.peek().is_some_and(char::is_ascii_digit) => {
            return Err("the character NUL");
        }
        '0'..='9' => return Err("a reference back"),
        'k' if rest.peek() == Some(&'<') => return Err("a reference back"),
        'p' | 'P' if rest.peek() == Some(&'{') => return Err("a class of Unicode properties"),
        'x' => match hex(rest, 2) {
            Some(code) => character(out, code),
            None => out.push('x'),
        },
        'u' => unicode(out, rest)?,
        _ => character(out, u32::from(c)),
    }
    Ok(())
}

/// `\u0041`, two of them for a character beyond, `\u{1F600}`; behind the `u`.
fn unicode(out: &mut String, rest: &mut Peekable<Chars<'_>>) -> Result<(), &'static str> {
    if rest.peek() == Some(&'{') {
        let inside: String = rest.clone().skip(1).take_while(|c| *c != '}').collect();
        let code = u32::from_str_radix(&inside, 16)
            .ok()
            .and_then(char::from_u32);
        if let Some(code) = code {
            rest.nth(inside.len() + 1);
            character(out, code.into());
            return Ok(());
        }
    }
    let Some(first) = hex(rest, 4) else {
        out.push('u');
        return Ok(());
    };
    if !(0xD800..0xE000).contains(&first) {
        character(out, first);
        return Ok(());
    }
    let mut behind = rest.clone();
    let escaped = behind.next() == Some('\\') && behind.next() == Some('u');
    let second = hex(&mut behind, 4).filter(|second| escaped && (0xDC00..0xE000).contains(second));
    match second {
        Some(second) if first < 0xDC00 => {
            *rest = behind;
            character(out, 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            Ok(())
        }
        _ => Err("half of a character"),
    }
}

/// So many hexadecimal digits, taken if they stand here.
fn hex(rest: &mut Peekable<Chars<'_>>, digits: usize) -> Option<u32> {
    let text: String = rest.clone().take(digits).collect();
    let all = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = u32::from_str_radix(&text, 16).ok().filter(|_| all)?;
    rest.nth(digits - 1);
    Some(code)
}

/// A character by its number.
fn character(out: &mut String, code: u32) {
    out.push_str(&format!(r"\x{{{code:X}}}"));
}
