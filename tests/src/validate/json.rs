//! JSON as it was sent: the order of members, members given twice and the form of numbers are kept.

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Boolean(bool),
    /// Its text.
    Number(&'a str),
    Text(String),
    Array(Vec<Json<'a>>),
    Object(Vec<(String, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The whole text as one value, without white space around it or inside: the service writes none.
    pub(super) fn read(text: &'a str) -> Result<Json<'a>, String> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        match text.len() - reader.at {
            0 => Ok(value),
            _ => Err(reader.expected("the end")),
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => members
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value),
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn expected(&self, what: &str) -> String {
        let rest: String = self.rest().chars().take(20).collect();
        format!("no JSON: expected {what} at {}, found '{rest}'", self.at)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let is_it = self.rest().starts_with(token);
        self.at += if is_it { token.len() } else { 0 };
        is_it
    }

    fn value(&mut self) -> Result<Json<'a>, String> {
        let value = match self.rest().as_bytes().first() {
            Some(b'"') => return self.string().map(Json::Text),
            Some(b'{') => {
                self.at += 1;
                return self.object();
            }
            Some(b'[') => {
                self.at += 1;
                return self.array();
            }
            Some(b'n') if self.eat("null") => Json::Null,
            Some(b't') if self.eat("true") => Json::Boolean(true),
            Some(b'f') if self.eat("false") => Json::Boolean(false),
            _ => return self.number(),
        };
        Ok(value)
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
        let mut members: Vec<(String, Json<'a>)> = Vec::new();
        if self.eat("}") {
            return Ok(Json::Object(members));
        }
        loop {
            let name = self.string()?;
            if members.iter().any(|(known, _)| *known == name) {
                return Err(format!("member '{name}' is given twice"));
            }
            if !self.eat(":") {
                return Err(self.expected("':'"));
            }
            members.push((name, self.value()?));
            if self.eat("}") {
                return Ok(Json::Object(members));
            }
            if !self.eat(",") {
                return Err(self.expected("',' or '}'"));
            }
        }
    }

    fn array(&mut self) -> Result<Json<'a>, String> {
        let mut elements = Vec::new();
        if self.eat("]") {
            return Ok(Json::Array(elements));
        }
        loop {
            elements.push(self.value()?);
            if self.eat("]") {
                return Ok(Json::Array(elements));
            }
            if !self.eat(",") {
                return Err(self.expected("',' or ']'"));
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let Some(inside) = rest.strip_prefix('"') else {
            return Err(self.expected("a string"));
        };
        // Up to a quote that no backslash stands before, or a pair of them.
        let mut end = 0;
        while let Some(quote) = inside[end..].find('"') {
            end += quote;
            let before = inside[..end].bytes().rev();
            if before.take_while(|byte| *byte == b'\\').count() % 2 == 0 {
                break;
            }
            end += 1;
        }
        let decoded = match inside.get(..end) {
            Some(text) if inside[end..].starts_with('"') => {
                let plain = text.bytes().all(|byte| byte >= b' ' && byte != b'\\');
                match plain {
                    true => Some(text.to_owned()),
                    false => serde_json::from_str(&rest[..end + 2]).ok(),
                }
            }
            _ => None,
        };
        let decoded = decoded.ok_or_else(|| self.expected("a string"))?;
        self.at += end + 2;
        Ok(decoded)
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
            ("b".to_owned(), Json::Number("1.50e3")),
            (
                "a".to_owned(),
                Json::Array(vec![
                    Json::Text("\"\\ü".to_owned()),
                    Json::Text("\\".to_owned()),
                    Json::Null,
                    Json::Boolean(true),
                    Json::Object(Vec::new()),
                ]),
            ),
            (String::new(), Json::Array(Vec::new())),
        ];
        assert_eq!(read, Json::Object(members));
        for wrong in [
            "",
            "{",
            "[1,]",
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
            "{\"a\":1,\"a\":2}",
            "{\"a\"}",
            "1 ",
            "NaN",
        ] {
            assert!(Json::read(wrong).is_err(), "{wrong}");
        }
    }
}
