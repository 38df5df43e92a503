//! The rules of the ABNF by their names, for tests: each is the function of the parser that a request
//! goes through.
//!
//! In: a rule's name and a text, still percent-encoded. Out: its canonical spelling. Positions in
//! errors count from the start of the text.

use super::ast::{Expr, ExprKind, Literal, ODataUri, PathRoot, QueryOptions};
use super::options::{Origin, Place, parse_query};
use super::parser::Parser;
use super::print::{self, Out};
use super::raw::Text;
use super::token::Token;
use super::{check_resource_options, geo, literal, parse_path, preference};
use crate::error::{Code, Error, Result, Span};
use crate::limits::Limits;

/// Parses `input` by the ABNF rule `rule` and prints it canonically.
pub fn parse_rule(rule: &str, input: &str) -> Result<String> {
    let limits = Limits::default();
    if input.len() > limits.url_bytes {
        return Err(limits.exceeded("url_bytes"));
    }
    match rule {
        "odataUri" => odata_uri(input, &limits),
        "odataRelativeUri" => relative_uri(input, 0, &limits),
        "resourcePath" => {
            let path = parse_path(input, &limits, 0)?;
            Ok(print::path(&path))
        }
        "context" => match input.strip_prefix('#') {
            Some(fragment) => context(fragment, 1, &limits).map(|text| format!("#{text}")),
            None => Err(Error::new(Code::SyntaxError, "expected '#'").at(Span::new(0, 1))),
        },
        "contextFragment" => context(input, 0, &limits),
        "header" | "prefer" | "isolation" | "odata-version" | "odata-maxversion"
        | "odata-entityid" | "odata-error" | "content-id" | "asyncresult" => {
            preference::parse_header(input).map_err(|e| e.at(Span::new(0, input.chars().count())))
        }
        _ if rule == "preference" || rule.ends_with("Preference") => {
            preference::parse_preference(input)
                .map(|preference| preference.to_string())
                .map_err(|e| e.at(Span::new(0, input.chars().count())))
        }
        _ => match option_rule(rule) {
            Some(names) => option(input, names, &limits),
            None => part(rule, input, &limits),
        },
    }
}

/// The options that a rule of query options allows, and how many: empty stands for any.
fn option_rule(rule: &str) -> Option<&'static [&'static str]> {
    Some(match rule {
        "queryOptions" => &[],
        "queryOption" => &["one"],
        "systemQueryOption" => &["system"],
        "customQueryOption" | "nameAndValue" => &["custom"],
        "aliasAndValue" => &["alias"],
        "apply" => &["$apply"],
        "compute" => &["$compute"],
        "inlinecount" | "count" => &["$count"],
        "deltatoken" => &["$deltatoken"],
        "expand" => &["$expand"],
        "filter" => &["$filter"],
        "format" => &["$format"],
        "id" => &["$id"],
        "index" => &["$index"],
        "orderby" | "orderBy" => &["$orderby"],
        "schemaversion" => &["$schemaversion"],
        "search" => &["$search"],
        "select" => &["$select"],
        "skip" => &["$skip"],
        "skiptoken" => &["$skiptoken"],
        "top" => &["$top"],
        _ => return None,
    })
}

fn option(input: &str, names: &[&str], limits: &Limits) -> Result<String> {
    let options = parse_query(input, limits, Origin::Text(0))?;
    let QueryOptions {
        present,
        aliases,
        custom,
        ..
    } = &options;
    let total = present.len() + aliases.len() + custom.len();
    let right = match names {
        [] => total > 0,
        ["one"] => total == 1,
        ["system"] => total == 1 && present.len() == 1,
        ["custom"] => total == 1 && custom.len() == 1,
        ["alias"] => total == 1 && aliases.len() == 1,
        _ => {
            total == 1
                && present
                    .iter()
                    .map(|option| option.name)
                    .eq(names.iter().copied())
        }
    };
    match right {
        true => Ok(print::query(&options)),
        false => Err(
            Error::new(Code::SyntaxError, "expected the option of this rule")
                .at(Span::new(0, input.chars().count())),
        ),
    }
}

/// `scheme://host/..`: everything behind the host is taken as the relative URL.
fn odata_uri(input: &str, limits: &Limits) -> Result<String> {
    let lower = input.get(..8).unwrap_or(input).to_ascii_lowercase();
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| lower.starts_with(scheme));
    let length = scheme.map_or(0, str::len);
    let rest = input.get(length..).unwrap_or("");
    let (host, relative) = match rest.split_once('/') {
        Some(parts) if length > 0 && !parts.0.is_empty() => parts,
        _ => {
            return Err(Error::new(Code::SyntaxError, "expected 'http://host/'")
                .at(Span::new(0, input.chars().count())));
        }
    };
    let base = length + host.chars().count() + 1;
    let relative = relative_uri(relative, base, limits)?;
    Ok(format!("{}{host}/{relative}", scheme.unwrap_or("")))
}

fn relative_uri(input: &str, base: usize, limits: &Limits) -> Result<String> {
    let (input, fragment) = match input.split_once('#') {
        Some((input, fragment)) => (input, Some(fragment)),
        None => (input, None),
    };
    let (path, query) = input.split_once('?').unwrap_or((input, ""));
    let query_base = base + path.chars().count() + 1;
    let uri = ODataUri {
        path: parse_path(path, limits, base)?,
        options: parse_query(query, limits, Origin::Text(query_base))?,
        names_these: false,
    };
    check_resource_options(&uri)?;
    let printed = print::uri(&uri);
    let Some(fragment) = fragment else {
        return Ok(printed);
    };
    let at = base + input.chars().count();
    if uri.path != super::ast::ResourcePath::Metadata {
        return Err(
            Error::new(Code::SyntaxError, "expected '#' only behind '$metadata'")
                .at(Span::new(at, at + 1)),
        );
    }
    let context = context(fragment, at + 1, limits)?;
    Ok(format!("{printed}#{context}"))
}

fn context(fragment: &str, base: usize, limits: &Limits) -> Result<String> {
    let text = Text::path(fragment, base)?;
    Parser::new(&text, limits).context_fragment()
}

/// A rule that is a part of an option's value or of a path.
fn part(rule: &str, input: &str, limits: &Limits) -> Result<String> {
    // In payloads and CSDL a plus is itself.
    let text = match rule.ends_with("Value") {
        true => Text::path(input, 0)?,
        false => Text::query(input, 0)?,
    };
    let mut parser = Parser::new(&text, limits);
    let out = match literal_rule(rule, &mut parser)? {
        Some(out) => out,
        None => grammar_rule(rule, &mut parser)?,
    };
    parser.end("the end")?;
    Ok(out)
}

/// The rules of section 7; `None` for another one.
fn literal_rule(rule: &str, parser: &mut Parser<'_>) -> Result<Option<String>> {
    let found = parser.peek_found();
    let text = parser.slice(found.start, found.end);
    let whole = parser.rest();
    let is_value = rule.ends_with("Value");
    let digits = literal::digit_count(text);
    let unsigned = text.starts_with(|c: char| c.is_ascii_digit());
    let integer = |most: usize| found.token == Token::Integer && digits <= most;
    let right = match rule {
        "null" | "nullValue" => text == "null",
        "boolean" | "booleanValue" => {
            text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
        }
        "guid" | "guidValue" | "guidLiteral" => found.token == Token::Guid,
        "date" | "dateValue" | "dateLiteral" => found.token == Token::Date,
        "dateTimeOffsetLiteral" | "dateTimeOffsetValue" | "dateTimeOffsetValueInUrl" => {
            let time = text.split(['T', 't']).nth(1).unwrap_or("");
            found.token == Token::DateTimeOffset && time.contains(['Z', 'z', '+', '-'])
        }
        "timeOfDayLiteral" | "timeOfDayValue" | "timeOfDayValueInUrl" => {
            found.token == Token::TimeOfDay
        }
        "decimalLiteral" | "decimalValue" | "doubleLiteral" | "doubleValue" | "singleLiteral"
        | "singleValue" => {
            matches!(found.token, Token::Integer | Token::Number)
                || matches!(whole, "NaN" | "INF" | "-INF")
        }
        "nanInfinity" => matches!(whole, "NaN" | "INF" | "-INF"),
        "byte" | "byteValue" | "byteLiteral" => integer(3) && unsigned,
        "sbyteLiteral" | "sbyteValue" | "sbyte" => integer(3),
        "int16Literal" | "int16Value" | "int16" => integer(5),
        "int32Literal" | "int32Value" | "int32" => integer(10),
        "int64Literal" | "int64Value" | "int64" => integer(19),
        "stringLiteral" | "stringValue" | "string" => found.token == Token::String,
        "binaryLiteral" => text.eq_ignore_ascii_case("binary"),
        "durationLiteral" if found.token == Token::String => {
            return quoted(parser, literal::is_duration, "duration").map(Some);
        }
        "durationLiteral" => text.eq_ignore_ascii_case("duration"),
        "enumLiteral" if found.token == Token::String => {
            return quoted(parser, literal::is_enum, "").map(Some);
        }
        "enumLiteral" => parser.peek_second() == Token::Dot,
        "binaryValue" | "durationValue" | "enumValue" => {
            let right = match rule {
                "binaryValue" => literal::is_binary(whole),
                "durationValue" => literal::is_duration(whole),
                _ => literal::is_enum(whole),
            };
            parser.set_position(found.start + whole.len());
            return match right {
                true => Ok(Some(whole.to_owned())),
                false => Err(parser.error(0, whole.len(), "expected a value of this type")),
            };
        }
        "primitiveLiteral" => true,
        "primitiveValue" => {
            let right = literal::is_duration(whole)
                || geo::is_geo(whole)
                || literal::is_enum(whole)
                || literal::is_binary(whole);
            if right {
                parser.set_position(whole.len());
                return Ok(Some(whole.to_owned()));
            }
            true
        }
        _ if rule.starts_with("geography") || rule.starts_with("geometry") => {
            let geography = rule.starts_with("geography");
            let shape = rule
                .trim_start_matches("geography")
                .trim_start_matches("geometry");
            let shape = match shape {
                "Collection" => "GeometryCollection",
                shape => shape,
            };
            let prefix = if geography { "geography" } else { "geometry" };
            let is_it = text.eq_ignore_ascii_case(prefix) && {
                let inner = whole.get(prefix.len() + 1..whole.len().saturating_sub(1));
                inner.is_some_and(|inner| geo::is_geo_of(inner, Some(shape)))
            };
            if !is_it {
                return Err(parser.unexpected("a literal of this type"));
            }
            true
        }
        _ => return Ok(None),
    };
    if !right {
        return Err(parser.unexpected("a literal of this type"));
    }
    let start = parser.position();
    let literal = match parser.literal()? {
        Some(literal) => literal,
        None if parser.peek() == Token::Name => {
            let name = parser.qualified("a literal")?;
            parser.prefixed_literal(&name.text, start)?
        }
        None => return Err(parser.unexpected("a literal")),
    };
    if parser.peek() != Token::End {
        return Err(parser.unexpected("the end"));
    }
    let mut out = Out::new(print::Place::Query);
    match (&literal, is_value) {
        (Literal::DateTimeOffset(text), true) => out.push(text),
        _ => out.literal(&literal),
    }
    Ok(Some(out.text))
}

/// A string whose inside is checked.
fn quoted(parser: &mut Parser<'_>, right: fn(&str) -> bool, prefix: &str) -> Result<String> {
    let found = parser.peek_found();
    let text = parser.string()?;
    if !right(&text) {
        return Err(parser.error(found.start, found.end, "expected a literal of this type"));
    }
    let mut out = Out::new(print::Place::Query);
    out.push(prefix);
    out.quoted(&text);
    Ok(out.text)
}

/// The rules of sections 1 to 6.
fn grammar_rule(rule: &str, parser: &mut Parser<'_>) -> Result<String> {
    let mut out = Out::new(print::Place::Query);
    match rule {
        "odataIdentifier" | "namespacePart" | "parameterName" => {
            out.data(&parser.identifier("a name")?.text);
        }
        "namespace" | "qualifiedEntityTypeName" | "optionallyQualifiedEntityTypeName" => {
            out.data(&parser.qualified("a name")?.text);
        }
        "qualifiedTypeName" | "optionallyQualifiedTypeName" => {
            let name = parser.type_name()?;
            out.type_name(&name);
        }
        "parameterAlias" => out.data(&parser.alias_name()?.text),
        "annotationInQuery" => out.data(&parser.at_name()?.text),
        "searchExpr" => out.search(&parser.search_or()?),
        "orderbyItem" => {
            let items = parser.order_by()?;
            out.list(&items, Out::order_by_item);
        }
        "computeItem" => {
            let item = parser.compute_item()?;
            out.compute_item(&item);
        }
        "selectItem" => {
            let items = parser.select()?;
            out.list(&items, Out::select_item);
        }
        "expandItem" | "expandPath" => {
            let items = parser.expand()?;
            out.list(&items, Out::expand_item);
        }
        "applyExpr" | "applyTrafo" => {
            let steps = parser.apply()?;
            out.sequence(&steps);
        }
        "levels" => {
            let options = parser.one_option(Place::Expand)?;
            if !options.has("$levels") {
                return Err(parser.error(0, parser.position(), "expected '$levels'"));
            }
            out.push("$levels=");
            out.push(&print::option(&options, "$levels").unwrap_or_default());
        }
        "anyExpr" | "allExpr" => {
            let word = rule.get(..3).unwrap_or("");
            let is_it =
                parser.peek() == Token::Name && parser.peek_text().eq_ignore_ascii_case(word);
            if !is_it {
                return Err(parser.unexpected("'any' or 'all'"));
            }
            parser.next();
            match rule {
                "anyExpr" => match parser.any()? {
                    Some(lambda) => out.lambda("any", &lambda),
                    None => out.push("any()"),
                },
                _ => out.lambda("all", &parser.all()?),
            }
        }
        "functionParameters"
        | "functionExprParameters"
        | "keyPredicate"
        | "simpleKey"
        | "compoundKey" => {
            let arguments = parser.arguments()?;
            let named = arguments.iter().all(|argument| argument.name.is_some());
            let right = match rule {
                "simpleKey" => !named,
                "keyPredicate" => true,
                _ => named,
            };
            if !right {
                return Err(parser.error(0, parser.position(), "expected other arguments"));
            }
            if rule == "functionParameters" {
                parser.check_parameters(&arguments, 0)?;
            } else if rule != "functionExprParameters" {
                parser.check_key(&arguments, 0)?;
            }
            out.arguments(&arguments);
        }
        "functionParameter" | "functionExprParameter" | "keyValuePair" => {
            let name = parser.identifier("the name of a parameter")?;
            parser.expect(Token::Equals, "'='")?;
            let start = parser.position();
            let value = parser.expr()?;
            let is_value = matches!(value.kind, ExprKind::Literal(_) | ExprKind::Alias(_));
            if rule != "functionExprParameter" && !is_value {
                let end = parser.position();
                return Err(parser.error(start, end, "expected a literal or an alias"));
            }
            out.data(&name.text);
            out.push("=");
            out.expr(&value);
        }
        "listExpr" => {
            let list = parser.list_or_operand()?;
            if !matches!(list.kind, ExprKind::List(_)) {
                return Err(parser.error(0, parser.position(), "expected a list"));
            }
            out.expr(&list);
        }
        _ => {
            let expr = parser.expr()?;
            match is_of(rule, &expr, parser) {
                Some(true) => out.expr(&expr),
                Some(false) => {
                    let end = parser.position();
                    return Err(parser.error(0, end, format!("expected '{rule}'")));
                }
                None => return Err(Error::new(Code::Internal, format!("no such rule '{rule}'"))),
            }
        }
    }
    Ok(out.text)
}

/// Whether an expression is one of this rule; `None` where there is no such rule.
fn is_of(rule: &str, expr: &Expr, parser: &Parser<'_>) -> Option<bool> {
    let text = parser.text_from(0);
    let starts = |word: &str| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    let path = |right: fn(PathRoot) -> bool| match &expr.kind {
        ExprKind::Path(path) => right(path.root),
        ExprKind::NamedCall(..) => true,
        // `Products(1)` is a key where it is no call.
        ExprKind::Call(_, arguments) => match arguments.as_slice() {
            [] => true,
            [key] => matches!(key.kind, ExprKind::Literal(_) | ExprKind::Alias(_)),
            _ => false,
        },
        _ => false,
    };
    Some(match rule {
        "commonExpr"
        | "boolCommonExpr"
        | "parameterValue"
        | "valueInUrl"
        | "collectionExpr"
        | "lambdaPredicateExpr" => true,
        "notExpr" => starts("not ") || starts("not("),
        "negateExpr" => starts("-"),
        "parenExpr" => starts("("),
        "arrayOrObject" => matches!(expr.kind, ExprKind::Array(_) | ExprKind::Object(_)),
        "array" => matches!(expr.kind, ExprKind::Array(_)),
        "object" => matches!(expr.kind, ExprKind::Object(_)),
        "isofExpr" => matches!(expr.kind, ExprKind::IsOf(..)),
        "castExpr" => matches!(expr.kind, ExprKind::Cast(..)),
        "caseMethodCallExpr" => matches!(expr.kind, ExprKind::Case(_)),
        "functionExpr" | "boundFunctionExpr" => path(|root| root == PathRoot::Implicit),
        "rootExpr" => path(|root| root == PathRoot::Root),
        "annotationExpr" => starts("@"),
        "firstMemberExpr" => path(|_| true) || matches!(expr.kind, ExprKind::Alias(_)),
        "memberExpr" | "directMemberExpr" | "propertyPathExpr" => {
            path(|root| root == PathRoot::Implicit)
        }
        "methodCallExpr" | "boolMethodCallExpr" => matches!(expr.kind, ExprKind::Call(..)),
        _ if rule.ends_with("MethodCallExpr") => matches!(expr.kind, ExprKind::Call(..)),
        _ => return None,
    })
}
