//! `$apply` as text.

use super::Out;
use crate::uri::apply::rank_name;
use crate::uri::ast::{
    AggregateExpr, AggregateKind, GroupingItem, HierarchyReference, Name, Transformation,
    TransformationKind,
};

impl Out {
    /// Transformations with slashes between.
    pub(crate) fn sequence(&mut self, steps: &[Transformation]) {
        for (index, step) in steps.iter().enumerate() {
            if index > 0 {
                self.push("/");
            }
            self.transformation(&step.kind);
        }
    }

    fn transformation(&mut self, kind: &TransformationKind) {
        match kind {
            TransformationKind::Identity => self.push("identity"),
            TransformationKind::Custom(name, arguments) => {
                self.data(&name.text);
                self.arguments(arguments);
            }
            _ => {
                self.push(name_of(kind));
                self.push("(");
                self.inside(kind);
                self.push(")");
            }
        }
    }

    /// What stands between the parentheses.
    fn inside(&mut self, kind: &TransformationKind) {
        match kind {
            TransformationKind::Aggregate(items) => self.list(items, Out::aggregate_expr),
            TransformationKind::GroupBy { groups, then } => {
                self.push("(");
                self.list(groups, Out::grouping_item);
                self.push(")");
                self.then(then);
            }
            TransformationKind::Filter(expr) => self.expr(expr),
            TransformationKind::Compute(items) => self.list(items, Out::compute_item),
            TransformationKind::Search(search) => self.search(search),
            TransformationKind::OrderBy(items) => self.list(items, Out::order_by_item),
            TransformationKind::Skip(number) | TransformationKind::Top(number) => {
                self.number(number.value);
            }
            TransformationKind::Rank { amount, by, .. } => {
                self.expr(amount);
                self.push(",");
                self.expr(by);
            }
            TransformationKind::Concat(sequences) => {
                self.list(sequences, |out, steps| out.sequence(steps));
            }
            TransformationKind::Join {
                path, alias, then, ..
            } => {
                self.path(path);
                self.push(" as ");
                self.data(&alias.text);
                self.then(then);
            }
            TransformationKind::Nest(nested) => self.list(nested, Out::nested_sequence),
            TransformationKind::AddNested { path, nested } => {
                self.path(path);
                self.push(",");
                self.list(nested, Out::nested_sequence);
            }
            TransformationKind::Relatives {
                hierarchy,
                start,
                distance,
                keep_start,
                ..
            } => {
                self.hierarchy(hierarchy);
                for steps in start {
                    self.then(steps);
                }
                if let Some(distance) = distance {
                    self.push(",");
                    self.number(distance.value);
                }
                if *keep_start {
                    self.push(",keep start");
                }
            }
            TransformationKind::Traverse {
                hierarchy,
                post_order,
                start,
                order_by,
            } => {
                self.hierarchy(hierarchy);
                self.push(if *post_order {
                    ",postorder"
                } else {
                    ",preorder"
                });
                self.then(start);
                if !order_by.is_empty() {
                    self.push(",");
                    self.list(order_by, Out::order_by_item);
                }
            }
            TransformationKind::Identity | TransformationKind::Custom(..) => {}
        }
    }

    /// `,sequence`, or nothing.
    fn then(&mut self, steps: &[Transformation]) {
        if !steps.is_empty() {
            self.push(",");
            self.sequence(steps);
        }
    }

    fn nested_sequence(&mut self, (steps, alias): &(Vec<Transformation>, Name)) {
        self.sequence(steps);
        self.push(" as ");
        self.data(&alias.text);
    }

    fn hierarchy(&mut self, hierarchy: &HierarchyReference) {
        self.expr(&hierarchy.nodes);
        self.push(",");
        self.data(&hierarchy.qualifier.text);
        self.push(",");
        self.path(&hierarchy.path);
    }

    fn grouping_item(&mut self, item: &GroupingItem) {
        match item {
            GroupingItem::Path(path, _) => self.path(path),
            GroupingItem::Rollup(paths) => {
                self.push("rollup(");
                self.list(paths, |out, (path, _)| out.path(path));
                self.push(")");
            }
            GroupingItem::RollupRecursive(hierarchy, then) => {
                self.push("rolluprecursive(");
                self.hierarchy(hierarchy);
                self.then(then);
                self.push(")");
            }
        }
    }

    pub(crate) fn aggregate_expr(&mut self, item: &AggregateExpr) {
        let with = |out: &mut Out, method: &Option<Name>| {
            if let Some(method) = method {
                out.push(" with ");
                out.data(&method.text);
            }
        };
        match &item.kind {
            AggregateKind::Count(None) => self.push("$count"),
            AggregateKind::Count(Some(path)) => {
                self.path(path);
                self.push("/$count");
            }
            AggregateKind::Value(expr, method) => {
                self.expr(expr);
                with(self, method);
            }
        }
        for step in &item.from {
            self.push(" from ");
            self.list(&step.groups, |out, (path, _)| out.path(path));
            with(self, &step.method);
        }
        if let Some(alias) = &item.alias {
            self.push(" as ");
            self.data(&alias.text);
        }
    }
}

/// The name of a transformation that has parentheses.
fn name_of(kind: &TransformationKind) -> &'static str {
    match kind {
        TransformationKind::Aggregate(_) => "aggregate",
        TransformationKind::GroupBy { .. } => "groupby",
        TransformationKind::Filter(_) => "filter",
        TransformationKind::Compute(_) => "compute",
        TransformationKind::Search(_) => "search",
        TransformationKind::OrderBy(_) => "orderby",
        TransformationKind::Skip(_) => "skip",
        TransformationKind::Top(_) => "top",
        TransformationKind::Rank { function, .. } => rank_name(*function),
        TransformationKind::Concat(_) => "concat",
        TransformationKind::Join { outer: false, .. } => "join",
        TransformationKind::Join { outer: true, .. } => "outerjoin",
        TransformationKind::Nest(_) => "nest",
        TransformationKind::AddNested { .. } => "addnested",
        TransformationKind::Relatives {
            ancestors: true, ..
        } => "ancestors",
        TransformationKind::Relatives {
            ancestors: false, ..
        } => "descendants",
        TransformationKind::Traverse { .. } => "traverse",
        TransformationKind::Identity | TransformationKind::Custom(..) => "identity",
    }
}
