//! `$apply` (Data Aggregation 3, its ABNF section 2).
//!
//! In: the cursor at the first transformation. Out: the sequence. The names of transformations and
//! methods are case-sensitive, as in the standard. What is aggregated is not known here.

mod aggregate;
mod group_by;

use super::ast::{
    AggregateExpr, AggregateKind, Name, Number, PathExpr, PathRoot, RankFunction, SegmentKind,
    Transformation, TransformationKind,
};
use super::hint;
use super::parser::Parser;
use super::token::Token;
use crate::error::{Code, Error, Result, Span};
use aggregate::Alias;

/// The transformations that stand by a name alone.
const TRANSFORMATIONS: &[&str] = &[
    "addnested",
    "aggregate",
    "ancestors",
    "bottomcount",
    "bottompercent",
    "bottomsum",
    "compute",
    "concat",
    "descendants",
    "filter",
    "groupby",
    "identity",
    "join",
    "nest",
    "orderby",
    "outerjoin",
    "search",
    "skip",
    "top",
    "topcount",
    "toppercent",
    "topsum",
    "traverse",
];

/// The methods that stand without a namespace.
const METHODS: &[&str] = &["average", "countdistinct", "max", "min", "sum"];

const RANKS: &[(&str, RankFunction)] = &[
    ("topcount", RankFunction::TopCount),
    ("bottomcount", RankFunction::BottomCount),
    ("topsum", RankFunction::TopSum),
    ("bottomsum", RankFunction::BottomSum),
    ("toppercent", RankFunction::TopPercent),
    ("bottompercent", RankFunction::BottomPercent),
];

/// Whether a word is a method, or is one elsewhere.
pub(crate) fn is_method(name: &str) -> bool {
    METHODS.contains(&name) || hint::method(name).is_some()
}

/// The error for a name that is no transformation.
fn no_transformation(name: &Name) -> Error {
    let text = name.text.as_str();
    let message = format!("expected a transformation, found '{text}'");
    let error = Error::new(Code::SyntaxError, message).at(name.span);
    if is_method(&text.to_ascii_lowercase()) {
        return error.hint("as in aggregate(price with sum as total,$count as n)");
    }
    error
        .or_hint(hint::transformation(text))
        .or_did_you_mean(text, TRANSFORMATIONS.iter().copied())
        .or_hint(Some(
            "among them are aggregate, compute, concat, filter, groupby, orderby, top and topcount",
        ))
}

pub(crate) fn is_transformation_name(name: &str) -> bool {
    TRANSFORMATIONS.contains(&name)
}

/// The name of a transformation that ranks.
pub(crate) fn rank_name(function: RankFunction) -> &'static str {
    RANKS
        .iter()
        .find(|row| row.1 == function)
        .map_or("", |row| row.0)
}

impl Parser<'_> {
    /// A sequence of transformations.
    pub(crate) fn apply(&mut self) -> Result<Vec<Transformation>> {
        self.nested(Parser::sequence)
    }

    pub(crate) fn sequence(&mut self) -> Result<Vec<Transformation>> {
        self.skip_space();
        let mut steps = Vec::new();
        loop {
            steps.push(self.transformation()?);
            let span = steps.last().map_or_else(Span::default, |step| step.span);
            self.apply_steps += 1;
            self.check(
                "apply_steps",
                self.limits.apply_steps,
                self.apply_steps,
                span,
            )?;
            if !self.eat(Token::Slash) {
                return Ok(steps);
            }
        }
    }

    pub(crate) fn transformation(&mut self) -> Result<Transformation> {
        let start = self.position();
        if self.peek_text() == "$count" {
            let error = self.unexpected("the name of a transformation");
            return Err(error.hint("as in aggregate($count as n)"));
        }
        let name = self.qualified("the name of a transformation")?;
        let kind = match name.text.as_str() {
            "identity" => TransformationKind::Identity,
            text if !text.contains('.') && !TRANSFORMATIONS.contains(&text) => {
                return Err(no_transformation(&name));
            }
            text if text.contains('.') => {
                let arguments = self.arguments()?;
                if arguments.iter().any(|argument| argument.name.is_none()) {
                    let message = format!("expected 'parameter=value' in the call of '{text}'");
                    return Err(Error::new(Code::SyntaxError, message).at(self.span_from(start)));
                }
                TransformationKind::Custom(name, arguments)
            }
            _ => {
                self.expect(Token::Open, "'(' behind the transformation")?;
                self.skip_space();
                let kind = self.transformation_inside(&name)?;
                self.close(behind(&kind))?;
                kind
            }
        };
        let span = self.span_from(start);
        self.count_node(span)?;
        Ok(Transformation { kind, span })
    }

    /// What stands between the parentheses of a transformation.
    fn transformation_inside(&mut self, name: &Name) -> Result<TransformationKind> {
        if let Some((_, function)) = RANKS.iter().find(|row| row.0 == name.text) {
            let amount = self.expr()?;
            self.comma("an operator, or ',' and what is ranked by")?;
            let by = self.expr()?;
            return Ok(TransformationKind::Rank {
                function: *function,
                amount,
                by,
            });
        }
        Ok(match name.text.as_str() {
            "aggregate" => {
                TransformationKind::Aggregate(self.items(|p| p.aggregate_expr(Alias::Allowed))?)
            }
            "groupby" => self.group_by()?,
            "filter" => TransformationKind::Filter(self.expr()?),
            "compute" => TransformationKind::Compute(self.apply_compute()?),
            "search" => TransformationKind::Search(self.search()?),
            "orderby" => TransformationKind::OrderBy(self.order_by()?),
            "skip" => TransformationKind::Skip(self.amount()?),
            "top" => TransformationKind::Top(self.amount()?),
            "concat" => {
                let mut sequences = vec![self.apply()?];
                self.comma("'/', or ',' and another sequence")?;
                sequences.append(&mut self.items(Parser::apply)?);
                TransformationKind::Concat(sequences)
            }
            "join" | "outerjoin" => {
                let path = self.join_property()?;
                let alias = self.alias()?;
                let then = match self.eat_comma() {
                    true => self.apply()?,
                    false => Vec::new(),
                };
                TransformationKind::Join {
                    outer: name.text == "outerjoin",
                    path,
                    alias,
                    then,
                }
            }
            "nest" => TransformationKind::Nest(self.items(Parser::nested_sequence)?),
            "addnested" => {
                let path = self.data_path(false)?;
                self.comma("'/' or ','")?;
                let nested = self.items(Parser::nested_sequence)?;
                TransformationKind::AddNested { path, nested }
            }
            "ancestors" => self.relatives(true)?,
            "descendants" => self.relatives(false)?,
            _ => self.traverse()?,
        })
    }

    pub(crate) fn comma(&mut self, expected: &str) -> Result<()> {
        match self.eat_comma() {
            true => Ok(()),
            false => Err(self.unexpected(expected)),
        }
    }

    pub(crate) fn amount(&mut self) -> Result<Number> {
        let found = self.expect(Token::Integer, "a whole number")?;
        let span = self.span(found.start, found.end);
        let digits = self.slice(found.start, found.end);
        let value = digits
            .parse::<u64>()
            .ok()
            .filter(|value| i64::try_from(*value).is_ok());
        match value {
            Some(value) if !digits.starts_with('+') => Ok(Number { value, span }),
            _ => {
                let message = format!("expected a whole number, 0 or more, found '{digits}'");
                Err(Error::new(Code::InvalidOptionValue, message).at(span))
            }
        }
    }

    /// ` as name`.
    pub(crate) fn alias(&mut self) -> Result<Name> {
        match self.eat_word("as") {
            true => self.identifier("the name of the result"),
            false => Err(self.unexpected("'as' and a name")),
        }
    }

    pub(crate) fn nested_sequence(&mut self) -> Result<(Vec<Transformation>, Name)> {
        let sequence = self.apply()?;
        Ok((sequence, self.alias()?))
    }

    /// One property or annotation, with the name of a type behind it if any.
    fn join_property(&mut self) -> Result<PathExpr> {
        let path = self.data_path(true)?;
        match path.segments.get(2) {
            None => Ok(path),
            Some(third) => {
                Err(Error::new(Code::SyntaxError, "expected one property").at(third.span))
            }
        }
    }

    /// A path of names and types; an annotation only where it says so.
    fn data_path(&mut self, annotation: bool) -> Result<PathExpr> {
        let start = self.position();
        let is_path = match self.peek() {
            Token::At => annotation,
            token => token == Token::Name,
        };
        if !is_path {
            return Err(self.unexpected("the path of a property"));
        }
        let first = match self.peek() {
            Token::At => self.at_name()?,
            _ => self.qualified("the path of a property")?,
        };
        let mut segments = vec![super::ast::PathSegment {
            kind: match first.text.starts_with('@') {
                true => SegmentKind::Annotation(first.text),
                false => SegmentKind::Name(first.text),
            },
            span: first.span,
        }];
        while self.eat(Token::Slash) {
            let name = self.qualified("the name of a property")?;
            segments.push(super::ast::PathSegment {
                kind: SegmentKind::Name(name.text),
                span: name.span,
            });
            let span = self.span_from(start);
            self.check(
                "path_segments",
                self.limits.path_segments,
                segments.len(),
                span,
            )?;
        }
        let span = self.span_from(start);
        self.count_node(span)?;
        Ok(PathExpr {
            root: PathRoot::Implicit,
            segments,
        })
    }
}

/// What may stand behind what was read of a transformation.
fn behind(kind: &TransformationKind) -> &'static str {
    use TransformationKind as K;
    let is_custom = |last: &AggregateExpr| {
        matches!(last.kind, AggregateKind::Value(_, None)) && last.alias.is_none()
    };
    match kind {
        K::Skip(_) | K::Top(_) => "')'",
        K::GroupBy { then, .. } if then.is_empty() => "',' and a transformation, or ')'",
        K::GroupBy { .. } => "'/' or ')'",
        K::Join { then, .. } if then.is_empty() => "',' and a transformation, or ')'",
        K::Join { .. } => "'/' or ')'",
        K::Concat(_) => "'/', ',' or ')'",
        K::Filter(_) | K::Rank { .. } => "an operator or ')'",
        K::Search(_) => "a word, 'AND', 'OR' or ')'",
        K::OrderBy(_) => "an operator, ',' or ')'",
        K::Aggregate(items) if items.last().is_some_and(is_custom) => {
            "an operator, or 'with' and a method"
        }
        _ => "',' or ')'",
    }
}
