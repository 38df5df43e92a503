//! JSON as it was sent: the order of members, names given twice and the form of numbers are kept.
//!
//! It is read once, and borrowed where nothing has to be decoded.

use super::sample::is_read;
use std::borrow::Cow;

/// The members of an object, in their order.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Boolean(bool),
    /// Its text.
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Members<'a>),
    /// A row of a large answer, of which its brackets and quotes alone were looked at.
    Unread,
}

impl<'a> Json<'a> {
    /// The whole text as one value, without white space around it or inside: the service writes none.
    /// Where it is large, some rows of the outermost `value` are [`Json::Unread`].
    pub(super) fn read(text: &'a str) -> Result<Json<'a>, String> {
        if has_control(text.as_bytes()) {
            return Err("no JSON: a control character, or white space".to_owned());
        }
        let mut reader = Reader {
            text,
            at: 0,
            depth: 0,
            escapes: text.contains('\\'),
        };
        let value = reader.value()?;
        match text.len() - reader.at {
            0 => Ok(value),
            _ => Err(reader.expected("the end")),
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => member(members, name),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The member of this name.
pub(super) fn member<'m, 'a>(
    members: &'m [(Cow<'a, str>, Json<'a>)],
    name: &str,
) -> Option<&'m Json<'a>> {
    let mut members = members.iter();
    members
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
}

/// The first name that stands there again.
pub(super) fn twice<'m>(members: &'m [(Cow<'_, str>, Json<'_>)]) -> Option<&'m str> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    let again = names.windows(2).find(|pair| pair[0] == pair[1]);
    again.map(|pair| pair[0])
}

/// Whether there is a byte below the space: eight are looked at at once.
fn has_control(bytes: &[u8]) -> bool {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const SPACE: u64 = u64::from_ne_bytes([b' '; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().any(|word| {
        let word = u64::from_ne_bytes(*word);
        word.wrapping_sub(SPACE) & !word & HIGH != 0
    }) || rest.iter().any(|byte| *byte < b' ')
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Whether there is a backslash anywhere.
    escapes: bool,
}

impl<'a> Reader<'a> {
    fn expected(&self, what: &str) -> String {
        let rest: String = self.rest().chars().take(20).collect();
        format!("no JSON: expected {what} at {}, found '{rest}'", self.at)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_it = self.peek() == Some(byte);
        self.at += usize::from(is_it);
        is_it
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, String> {
        if !self.rest().starts_with(word) {
            return Err(self.expected("a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn value(&mut self) -> Result<Json<'a>, String> {
        match self.peek() {
            Some(b'"') => self.string().map(Json::Text),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(false),
            Some(b'n') => self.word("null", Json::Null),
            Some(b't') => self.word("true", Json::Boolean(true)),
            Some(b'f') => self.word("false", Json::Boolean(false)),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Result<Json<'a>, String> {
        let rest = self.rest();
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let end = rest.bytes().position(|byte| !is_part(&byte));
        let number = &rest[..end.unwrap_or(rest.len())];
        let plain = number.len() < 19
            && number.starts_with(|c| matches!(c, '1'..='9'))
            && number.bytes().all(|byte| byte.is_ascii_digit());
        if !plain && serde_json::from_str::<serde_json::Number>(number).is_err() {
            return Err(self.expected("a value"));
        }
        self.at += number.len();
        Ok(Json::Number(number))
    }

    fn object(&mut self) -> Result<Json<'a>, String> {
        self.at += 1;
        self.depth += 1;
        let mut members = Vec::new();
        while !self.eat(b'}') {
            if !members.is_empty() && !self.eat(b',') {
                return Err(self.expected("',' or '}'"));
            }
            let name = self.string()?;
            if !self.eat(b':') {
                return Err(self.expected("':'"));
            }
            let is_rows = self.depth == 1 && name == "value" && self.peek() == Some(b'[');
            let value = match is_rows {
                true => self.array(true)?,
                false => self.value()?,
            };
            members.push((name, value));
        }
        self.depth -= 1;
        Ok(Json::Object(members))
    }

    /// The elements, of a large answer's rows those alone that are looked at.
    fn array(&mut self, are_rows: bool) -> Result<Json<'a>, String> {
        self.at += 1;
        let mut elements = Vec::new();
        while !self.eat(b']') {
            if !elements.is_empty() && !self.eat(b',') {
                return Err(self.expected("',' or ']'"));
            }
            let value = match are_rows && !is_read(self.text.len(), elements.len()) {
                true => self.skip()?,
                false => self.value()?,
            };
            elements.push(value);
        }
        Ok(Json::Array(elements))
    }

    /// Goes over an object by its brackets and quotes.
    fn skip(&mut self) -> Result<Json<'a>, String> {
        if self.peek() != Some(b'{') {
            return Err(self.expected("an object"));
        }
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' => open += 1,
                b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(Json::Unread);
            }
        }
        Err(self.expected("the end of an object"))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, String> {
        let rest = self.rest();
        let Some(inside) = rest.strip_prefix('"') else {
            return Err(self.expected("a string"));
        };
        let Some(mut end) = inside.find('"') else {
            return Err(self.expected("the end of a string"));
        };
        if !self.escapes || !inside[..end].contains('\\') {
            self.at += end + 2;
            return Ok(Cow::Borrowed(&inside[..end]));
        }
        // Up to a quote that no backslash stands before, or a pair of them.
        while inside[..end]
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\\')
            .count()
            % 2
            == 1
        {
            let next = inside[end + 1..].find('"');
            end += 1 + next.ok_or_else(|| self.expected("the end of a string"))?;
        }
        let decoded = serde_json::from_str(&rest[..end + 2]);
        let decoded = decoded.map_err(|_| self.expected("a string"))?;
        self.at += end + 2;
        Ok(Cow::Owned(decoded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_kept() {
        let text = r#"{"b":1.50e3,"a":["\"\\\u00fc","\\",null,true,{}],"":[]}"#;
        let read = Json::read(text).unwrap();
        let members = vec![
            ("b".into(), Json::Number("1.50e3")),
            (
                "a".into(),
                Json::Array(vec![
                    Json::Text("\"\\ü".into()),
                    Json::Text("\\".into()),
                    Json::Null,
                    Json::Boolean(true),
                    Json::Object(Vec::new()),
                ]),
            ),
            ("".into(), Json::Array(Vec::new())),
        ];
        assert_eq!(read, Json::Object(members));
        for wrong in [
            "",
            "{",
            "[1,]",
            "[,1]",
            "01",
            "1.",
            "+1",
            ".5",
            "--1",
            "nul",
            "\"a",
            "\"a\\\"",
            "\"\\x\"",
            "\"\u{1}\"",
            "{\"a\": \"\u{1}\"}",
            "{\"a\"}",
            "{\"a\":1,}",
            "1 ",
            "NaN",
        ] {
            assert!(Json::read(wrong).is_err(), "{wrong}");
        }
        let Json::Object(members) = Json::read("{\"b\":1,\"a\":1,\"b\":2}").unwrap() else {
            panic!("an object is one");
        };
        assert_eq!(twice(&members), Some("b"));
    }

    #[test]
    fn of_a_large_answer_some_rows_are_read() {
        let row = format!(
            r#"{{"id":1,"a":"}}{{\"","b":{{"c":[{{}}]}},"d":"{}"}}"#,
            "x".repeat(1000)
        );
        let rows = |count: usize| vec![row.as_str(); count].join(",");
        let read = |count: usize| {
            let text = format!(r#"{{"value":[{}],"more":[{{}}]}}"#, rows(count));
            let read = Json::read(&text).unwrap();
            let Some(Json::Array(rows)) = read.member("value") else {
                panic!("there are no rows");
            };
            assert!(matches!(read.member("more"), Some(Json::Array(more)) if more.len() == 1));
            assert_eq!(rows.len(), count);
            rows.iter().filter(|row| **row != Json::Unread).count()
        };
        assert_eq!(read(100), 100);
        let some = read(4000);
        assert!((100..1000).contains(&some), "{some}");
        let broken = format!(r#"{{"value":[{},}}]}}"#, rows(4000));
        assert!(Json::read(&broken).is_err());
    }
}
