//! Other literals of the same types in a URL's tree.

use odata_core::uri::ast::{
    AggregateKind, Argument, ExpandItem, Expr, ExprKind, Literal, ODataUri, PathSegment,
    QueryOptions, ResourcePath, SearchExpr, SegmentKind, Transformation, TransformationKind,
};

/// What the literals become. Each value is one that no statement has by itself.
#[derive(Debug, Clone)]
pub struct Other {
    /// Nine digits.
    pub number: u32,
    /// Any text.
    pub text: String,
}

impl Other {
    /// The texts that must not be found in a statement.
    pub fn traces(&self) -> Vec<String> {
        let mut traces = vec![self.number.to_string(), "1987".into(), "04:03:02".into()];
        traces.push("zqpattern".into());
        traces.push(self.text.clone());
        traces
    }

    pub fn uri(&self, uri: &mut ODataUri) {
        if let ResourcePath::Resource(segments) = &mut uri.path {
            self.segments(segments);
        }
        self.options(&mut uri.options);
    }

    fn segments(&self, segments: &mut [PathSegment]) {
        for segment in segments {
            match &mut segment.kind {
                SegmentKind::Arguments(arguments) => self.arguments(arguments),
                SegmentKind::Count(options) => self.options(options),
                SegmentKind::Filter(expr) => self.expr(expr),
                SegmentKind::Any(Some(lambda)) | SegmentKind::All(lambda) => {
                    self.expr(&mut lambda.predicate);
                }
                SegmentKind::Key(key) if key.bytes().all(|b| b.is_ascii_digit()) => {
                    *key = self.number.to_string();
                }
                _ => {}
            }
        }
    }

    fn arguments(&self, arguments: &mut [Argument]) {
        for argument in arguments {
            self.expr(&mut argument.value);
        }
    }

    fn options(&self, options: &mut QueryOptions) {
        options.filter.iter_mut().for_each(|expr| self.expr(expr));
        let items = options.order_by.iter_mut().flatten();
        items.for_each(|item| self.expr(&mut item.expr));
        let items = options.compute.iter_mut().flatten();
        items.for_each(|item| self.expr(&mut item.expr));
        let items = options.expand.iter_mut().flatten();
        items.for_each(|ExpandItem { options, .. }| self.options(options));
        let aliases = options.aliases.iter_mut();
        aliases.for_each(|(_, value)| self.expr(value));
        options
            .search
            .iter_mut()
            .for_each(|search| self.search(search));
        for number in [&mut options.top, &mut options.skip].into_iter().flatten() {
            self.rows(&mut number.value);
        }
        self.transformations(options.apply.as_deref_mut().unwrap_or_default());
    }

    /// A number of rows: none and some are shapes of their own.
    fn rows(&self, rows: &mut u64) {
        if *rows > 0 {
            *rows = u64::from(self.number % 1000) + 1;
        }
    }

    fn transformations(&self, transformations: &mut [Transformation]) {
        for Transformation { kind, .. } in transformations {
            match kind {
                TransformationKind::Aggregate(items) => {
                    for item in items {
                        if let AggregateKind::Value(expr, _) = &mut item.kind {
                            self.expr(expr);
                        }
                    }
                }
                TransformationKind::GroupBy { then, .. } => self.transformations(then),
                TransformationKind::Filter(expr) => self.expr(expr),
                TransformationKind::Compute(items) => {
                    items.iter_mut().for_each(|item| self.expr(&mut item.expr));
                }
                TransformationKind::Search(search) => self.search(search),
                TransformationKind::OrderBy(items) => {
                    items.iter_mut().for_each(|item| self.expr(&mut item.expr));
                }
                TransformationKind::Skip(number) | TransformationKind::Top(number) => {
                    self.rows(&mut number.value);
                }
                TransformationKind::Rank { by, .. } => self.expr(by),
                TransformationKind::Concat(sequences) => {
                    sequences
                        .iter_mut()
                        .for_each(|sequence| self.transformations(sequence));
                }
                TransformationKind::Join { then, .. } => self.transformations(then),
                TransformationKind::Nest(sequences)
                | TransformationKind::AddNested {
                    nested: sequences, ..
                } => {
                    let sequences = sequences.iter_mut();
                    sequences.for_each(|(sequence, _)| self.transformations(sequence));
                }
                _ => {}
            }
        }
    }

    fn search(&self, search: &mut SearchExpr) {
        match search {
            SearchExpr::Incomplete(term) | SearchExpr::Term(term) => {
                term.text.clone_from(&self.text);
            }
            SearchExpr::And(operands) | SearchExpr::Or(operands) => {
                operands.iter_mut().for_each(|operand| self.search(operand));
            }
            SearchExpr::Not(operand) => self.search(operand),
        }
    }

    fn expr(&self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Path(path) => self.segments(&mut path.segments),
            // Not every text is a pattern.
            ExprKind::Call(name, items) if name.text.eq_ignore_ascii_case("matchespattern") => {
                let text = "zqpattern".to_owned();
                let number = self.number;
                let other = Other { number, text };
                items.iter_mut().for_each(|item| other.expr(item));
            }
            ExprKind::Array(items)
            | ExprKind::List(items)
            | ExprKind::And(items)
            | ExprKind::Or(items)
            | ExprKind::Call(_, items) => items.iter_mut().for_each(|item| self.expr(item)),
            // A text that can't be cast is a null, and that is a shape of its own.
            ExprKind::Cast(Some(operand), _)
                if matches!(operand.kind, ExprKind::Literal(Literal::String(_))) => {}
            ExprKind::Not(operand)
            | ExprKind::Negate(operand)
            | ExprKind::Cast(Some(operand), _)
            | ExprKind::IsOf(Some(operand), _) => self.expr(operand),
            ExprKind::Binary(_, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Case(branches) => {
                for (condition, value) in branches {
                    self.expr(condition);
                    self.expr(value);
                }
            }
            ExprKind::NamedCall(_, arguments) => self.arguments(arguments),
            ExprKind::Object(_)
            | ExprKind::Alias(_)
            | ExprKind::Cast(None, _)
            | ExprKind::IsOf(None, _) => {}
        }
    }

    fn literal(&self, literal: &mut Literal) {
        match literal {
            Literal::Boolean(b) => *b = !*b,
            // A zero is a shape of its own: by it nothing is divided, or otherwise.
            Literal::Integer(text) | Literal::Decimal(text) if text.parse() == Ok(0.0) => {}
            // As wide as it was, and negative where it was.
            Literal::Integer(text) => {
                let sign = if text.starts_with('-') { "-" } else { "" };
                let width = match text.parse::<i64>() {
                    Err(_) => "90000000000000000000",
                    Ok(n) if i32::try_from(n).is_err() => "90",
                    Ok(_) => "",
                };
                *text = format!("{sign}{width}{}", self.number);
            }
            Literal::Decimal(text) if text.contains(['e', 'E']) => {
                *text = format!("{}e3", self.number);
            }
            Literal::Decimal(text) => *text = format!("{}.5", self.number),
            // One that is read as a date or a Guid is no text.
            Literal::String(text) if text.len() >= 10 && text.contains('-') => {}
            Literal::String(text) => text.clone_from(&self.text),
            Literal::Date(text) => *text = "1987-06-05".into(),
            Literal::DateTimeOffset(text) => *text = "1987-06-05T04:03:02Z".into(),
            Literal::TimeOfDay(text) => *text = "04:03:02".into(),
            Literal::Duration(text) => *text = format!("PT{}S", self.number),
            Literal::Guid(text) => *text = "19871987-0403-0204-0302-198719871987".into(),
            Literal::Binary(text) => *text = "emVicmE".into(),
            Literal::Null | Literal::Double(_) | Literal::Enum(..) | Literal::Geo(..) => {}
        }
    }
}
