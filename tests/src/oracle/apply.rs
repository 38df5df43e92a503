//! `$apply` (Data Aggregation 3): each transformation over what the one before gives.

use super::compare::{Order, order};
use super::decimal::Decimal;
use super::eval::{Env, Fault, Result, eval, truth};
use super::instance::Instance;
use super::reach::{Reached, reached};
use super::value::{Type, Typed, Value};
use super::world::World;
use odata_core::uri::ast::{
    AggregateExpr, AggregateKind, Expr, ExprKind, GroupingItem, Literal, Name, OrderByItem,
    PathExpr, RankFunction, SegmentKind, Transformation, TransformationKind,
};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What is known while transformations run.
pub(super) struct Apply<'a> {
    pub(super) world: &'a World,
    pub(super) aliases: &'a [(Name, Expr)],
    /// The table at the start: its names are taken.
    pub(super) table: usize,
}

impl<'a> Apply<'a> {
    pub(super) fn env<'e>(&'e self, instance: &'e Instance) -> Env<'e> {
        Env {
            world: self.world,
            aliases: self.aliases,
            it: instance,
            this: instance,
            variables: Vec::new(),
        }
    }

    pub(super) fn run(
        &self,
        mut set: Vec<Instance>,
        steps: &[Transformation],
    ) -> Result<Vec<Instance>> {
        for step in steps {
            set = self.step(set, &step.kind)?;
        }
        Ok(set)
    }

    fn step(&self, mut set: Vec<Instance>, step: &TransformationKind) -> Result<Vec<Instance>> {
        use TransformationKind as K;
        match step {
            K::Identity => Ok(set),
            K::Filter(condition) => {
                let (kept, open) = self.filter(set, condition)?;
                if open.is_empty() {
                    Ok(kept)
                } else {
                    Err(Fault::open("a filter that is open, and more behind it"))
                }
            }
            K::Compute(items) => {
                for item in items {
                    self.check_name(&set, &item.alias)?;
                    for instance in &mut set {
                        let value = eval(&self.env(instance), &item.expr)?;
                        instance.add(&item.alias.text, value);
                    }
                }
                Ok(set)
            }
            K::OrderBy(items) => self.sorted(set, items),
            K::Top(number) => self.window(set, 0, number.value),
            K::Skip(number) => self.window(set, number.value, u64::MAX),
            K::Rank {
                function,
                amount,
                by,
            } => self.rank(set, *function, amount, by),
            K::Concat(sequences) => {
                let parts = sequences.iter().map(|steps| self.run(set.clone(), steps));
                let set = parts.collect::<Result<Vec<_>>>()?.concat();
                check_types(&set)?;
                Ok(set)
            }
            K::Aggregate(items) => Ok(vec![Instance::Shape(self.aggregate(&set, items)?)]),
            K::GroupBy { groups, then } => self.group_by(set, groups, then),
            _ => Err(Fault::unsupported("a transformation")),
        }
    }

    /// The instances for which the condition is true, and those for which that is open.
    pub(super) fn filter(
        &self,
        set: Vec<Instance>,
        condition: &Expr,
    ) -> Result<(Vec<Instance>, Vec<Instance>)> {
        let (mut kept, mut open) = (Vec::new(), Vec::new());
        for instance in set {
            match truth(&self.env(&instance), condition) {
                Ok(Some(true)) => kept.push(instance),
                Ok(_) => {}
                Err(Fault::Open(_)) => open.push(instance),
                Err(fault) => return Err(fault),
            }
        }
        Ok((kept, open))
    }

    pub(super) fn keys(&self, instance: &Instance, items: &[OrderByItem]) -> Result<Order> {
        let env = self.env(instance);
        let key = |item: &OrderByItem| Ok((eval(&env, &item.expr)?, item.descending));
        items.iter().map(key).collect()
    }

    /// Sorted; instances that the items don't tell apart keep their order, which nobody promises, so
    /// that a later `top` may not cut between them.
    fn sorted(&self, set: Vec<Instance>, items: &[OrderByItem]) -> Result<Vec<Instance>> {
        let mut keyed = Vec::new();
        for instance in set {
            keyed.push((self.keys(&instance, items)?, instance));
        }
        keyed.sort_by(|(a, _), (b, _)| order(a, b));
        if keyed
            .windows(2)
            .any(|pair| order(&pair[0].0, &pair[1].0) == Ordering::Equal)
        {
            return Err(Fault::open("instances that the order doesn't tell apart"));
        }
        Ok(keyed.into_iter().map(|(_, instance)| instance).collect())
    }

    fn window(&self, set: Vec<Instance>, skip: u64, rows: u64) -> Result<Vec<Instance>> {
        let size = |n| usize::try_from(n).unwrap_or(usize::MAX);
        Ok(set.into_iter().skip(size(skip)).take(size(rows)).collect())
    }

    /// `topcount(n,by)`, `bottomcount(n,by)`.
    fn rank(
        &self,
        set: Vec<Instance>,
        function: RankFunction,
        amount: &Expr,
        by: &Expr,
    ) -> Result<Vec<Instance>> {
        let descending = match function {
            RankFunction::TopCount => true,
            RankFunction::BottomCount => false,
            _ => return Err(Fault::unsupported("a sum or a percentage")),
        };
        let rows = match &amount.kind {
            ExprKind::Literal(Literal::Integer(text)) => {
                text.parse().ok().filter(|n: &usize| *n > 0)
            }
            _ => None,
        };
        let rows = rows.ok_or_else(|| Fault::fails("expected a positive number"))?;
        let mut keyed = Vec::new();
        for instance in set {
            let key = eval(&self.env(&instance), by)?;
            keyed.push((vec![(key, descending)], instance));
        }
        keyed.sort_by(|(a, _), (b, _)| order(a, b));
        if let (Some(last), Some(next)) = (keyed.get(rows - 1), keyed.get(rows))
            && order(&last.0, &next.0) == Ordering::Equal
        {
            return Err(Fault::open("which of equals are chosen"));
        }
        keyed.truncate(rows);
        Ok(keyed.into_iter().map(|(_, instance)| instance).collect())
    }

    fn group_by(
        &self,
        set: Vec<Instance>,
        groups: &[GroupingItem],
        then: &[Transformation],
    ) -> Result<Vec<Instance>> {
        let mut paths = Vec::new();
        for group in groups {
            let GroupingItem::Path(path, _) = group else {
                return Err(Fault::unsupported("rollup"));
            };
            paths.push((names(path)?, path));
        }
        let lacks = |instance: &Instance, names: &Vec<String>| match instance {
            Instance::Shape(members) => !members.contains_key(names),
            Instance::Entity { .. } => false,
        };
        for (names, _) in &paths {
            if !set.is_empty() && set.iter().all(|instance| lacks(instance, names)) {
                return Err(Fault::fails("no row has such a property"));
            }
        }
        let mut found: Vec<(Vec<Option<Typed>>, Vec<Instance>)> = Vec::new();
        for instance in set {
            let env = self.env(&instance);
            let key = paths
                .iter()
                .map(|(names, path)| match lacks(&instance, names) {
                    true => Ok(None),
                    false => super::path::path(&env, path).map(Some),
                });
            let key = key.collect::<Result<Vec<_>>>()?;
            // Null is a group of its own, and so is what is absent.
            let same = |other: &Vec<Option<Typed>>| {
                key.iter().zip(other).all(|pair| match pair {
                    (Some(a), Some(b)) => a.value.is_same(&b.value),
                    (a, b) => a.is_none() && b.is_none(),
                })
            };
            match found.iter_mut().find(|(other, _)| same(other)) {
                Some((_, members)) => members.push(instance),
                None => found.push((key, vec![instance])),
            }
        }
        let mut result = Vec::new();
        for (key, members) in found {
            let shapes = if then.is_empty() {
                vec![Instance::Shape(BTreeMap::new())]
            } else {
                self.run(members, then)?
            };
            for shape in shapes {
                let Instance::Shape(mut shape) = shape else {
                    return Err(Fault::unsupported("a group that stays entities"));
                };
                for ((names, _), value) in paths.iter().zip(&key) {
                    if let Some(value) = value {
                        shape.insert(names.clone(), value.clone());
                    }
                }
                result.push(Instance::Shape(shape));
            }
        }
        Ok(result)
    }

    fn aggregate(
        &self,
        set: &[Instance],
        items: &[AggregateExpr],
    ) -> Result<BTreeMap<Vec<String>, Typed>> {
        let mut shape = BTreeMap::new();
        for item in items {
            let alias = item.alias.as_ref();
            let alias = alias.ok_or_else(|| Fault::fails("an aggregate without a name"))?;
            self.check_name(set, alias)?;
            if !item.from.is_empty() {
                return Err(Fault::unsupported("from"));
            }
            let value = match &item.kind {
                AggregateKind::Count(None) => count_of(set.len()),
                AggregateKind::Count(Some(path)) => {
                    match reached(self.world, self.table, set, path)? {
                        Some(Reached::Entities(count)) => count_of(count),
                        _ => return Err(Fault::unsupported("such a path/$count")),
                    }
                }
                AggregateKind::Value(_, None) => {
                    return Err(Fault::fails("an aggregate without a method"));
                }
                AggregateKind::Value(expr, Some(method)) => {
                    let reached = match &expr.kind {
                        ExprKind::Path(path) => reached(self.world, self.table, set, path)?,
                        _ => None,
                    };
                    if let Some(reached) = reached {
                        let value = reached_value(reached, &method.text)?;
                        shape.insert(vec![alias.text.clone()], value);
                        continue;
                    }
                    let values = set.iter().map(|instance| eval(&self.env(instance), expr));
                    let values = values.collect::<Result<Vec<_>>>()?;
                    // For an empty set the names alone can be wrong.
                    if values.is_empty() {
                        let nobody = Instance::Entity {
                            table: self.table,
                            row: None,
                            computed: BTreeMap::new(),
                        };
                        if let (ExprKind::Path(_), Err(Fault::Fails(_))) =
                            (&expr.kind, eval(&self.env(&nobody), expr))
                        {
                            return Err(Fault::open("a name over nothing"));
                        }
                    }
                    method_of(&method.text, values)?
                }
            };
            shape.insert(vec![alias.text.clone()], value);
        }
        Ok(shape)
    }

    /// A name that neither the type nor the instances have.
    pub(super) fn check_name(&self, set: &[Instance], alias: &Name) -> Result<()> {
        let table = &self.world.tables[self.table];
        let declared = table.column(&alias.text).is_some() || table.nav(&alias.text).is_some();
        if declared || set.iter().any(|instance| instance.has(&alias.text)) {
            return Err(Fault::fails(format!("the name '{}' is taken", alias.text)));
        }
        Ok(())
    }
}

/// Clients should see to it that what has one name in several sequences has one type (3.2.2).
fn check_types(set: &[Instance]) -> Result<()> {
    let mut types: BTreeMap<Vec<String>, Type> = BTreeMap::new();
    for instance in set {
        let members: Vec<(Vec<String>, Option<Type>)> = match instance {
            Instance::Shape(members) => members
                .iter()
                .map(|(path, value)| (path.clone(), value.ty))
                .collect(),
            Instance::Entity { computed, .. } => computed
                .iter()
                .map(|(name, value)| (vec![name.clone()], value.ty))
                .collect(),
        };
        for (path, ty) in members {
            let Some(ty) = ty else { continue };
            if *types.entry(path).or_insert(ty) != ty {
                return Err(Fault::open("a property of several types"));
            }
        }
    }
    Ok(())
}

fn names(path: &PathExpr) -> Result<Vec<String>> {
    let name = |segment: &odata_core::uri::ast::PathSegment| match &segment.kind {
        SegmentKind::Name(name) => Ok(name.clone()),
        _ => Err(Fault::unsupported("such a grouping path")),
    };
    path.segments.iter().map(name).collect()
}

/// A method over what a path reaches.
fn reached_value(reached: Reached, method: &str) -> Result<Typed> {
    match reached {
        Reached::Values(values) => method_of(method, values),
        Reached::Entities(count) if method == "countdistinct" => Ok(count_of(count)),
        Reached::Entities(_) => Err(Fault::fails("an entity is no value")),
    }
}

/// A number of instances (3.2.1.4).
fn count_of(number: usize) -> Typed {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    Typed::new(Type::Decimal, Value::Decimal(number.into()))
}

/// The standard methods (3.1.3), over the values that are not null.
fn method_of(method: &str, values: Vec<Typed>) -> Result<Typed> {
    let ty = values.iter().find_map(|value| value.ty);
    let values: Vec<Value> = values
        .into_iter()
        .map(|typed| {
            ty.map_or(typed.value.clone(), |ty| {
                super::cast::promoted(&typed.value, ty)
            })
        })
        .filter(|value| !value.is_null())
        .collect();
    let is_number = ty.is_none_or(Type::is_numeric);
    match method {
        "countdistinct" => {
            let mut distinct: Vec<&Value> = Vec::new();
            for value in &values {
                if !distinct.iter().any(|other| other.is_same(value)) {
                    distinct.push(value);
                }
            }
            Ok(count_of(distinct.len()))
        }
        "min" | "max" => extreme(method, ty, &values),
        "sum" | "average" if !is_number => Err(Fault::fails(format!("{method} of {ty:?}"))),
        "sum" | "average" => total(method, ty, &values),
        _ if method.contains('.') => Err(Fault::unsupported(method)),
        _ => Err(Fault::fails(format!("there is no method '{method}'"))),
    }
}

fn extreme(method: &str, ty: Option<Type>, values: &[Value]) -> Result<Typed> {
    let is_nan = |value: &Value| match value {
        Value::Single(x) => x.is_nan(),
        Value::Double(x) => x.is_nan(),
        Value::Decimal(x) => x.is_nan(),
        _ => false,
    };
    if values.iter().any(is_nan) {
        return Err(Fault::open("the place of NaN"));
    }
    if matches!(ty, Some(Type::Binary)) {
        return Err(Fault::open("an order of bytes"));
    }
    let key = |value: &Value| {
        let typed = Typed {
            ty,
            value: value.clone(),
        };
        vec![(typed, method == "max")]
    };
    let found = values.iter().min_by(|a, b| order(&key(a), &key(b)));
    Ok(Typed {
        ty,
        value: found.cloned().unwrap_or(Value::Null),
    })
}

fn total(method: &str, ty: Option<Type>, values: &[Value]) -> Result<Typed> {
    let floats = matches!(ty, Some(Type::Single | Type::Double));
    // Double or Decimal is the service's choice for an average (3.2.1.3.4).
    let whole = ty.is_some_and(Type::is_integer);
    let double = floats || whole && method == "average";
    let result = if double { Type::Double } else { Type::Decimal };
    if values.is_empty() {
        return Ok(Typed::null(Some(result)));
    }
    if floats {
        let numbers = values.iter().map(|value| match value {
            Value::Single(x) => f64::from(*x),
            Value::Double(x) => *x,
            _ => 0.0,
        });
        let numbers: Vec<f64> = numbers.collect();
        let sum: f64 = numbers.iter().sum();
        let size: f64 = numbers.iter().map(|x| x.abs()).sum();
        let finite = numbers.iter().all(|x| x.is_finite());
        // The order of the additions is the service's affair.
        if finite && (size > 1e300 || size > 0.0 && sum.abs() < size * 1e-6) {
            return Err(Fault::open("a sum that hangs on the order of its parts"));
        }
        if ty == Some(Type::Single) && finite && size > 1e37 {
            return Err(Fault::open("a sum beyond Single"));
        }
        let value = if method == "sum" {
            sum
        } else {
            sum / numbers.len() as f64
        };
        return Ok(Typed::new(Type::Double, Value::Double(value)));
    }
    let mut sum = Decimal::from(0);
    for value in values {
        if let Value::Decimal(d) = super::cast::promoted(value, Type::Decimal) {
            sum = sum.add(&d);
        }
    }
    if method == "average" {
        let count = Decimal::from(i64::try_from(values.len()).unwrap_or(1));
        sum = sum.divide(&count).unwrap_or(Decimal::NAN);
        sum.approximate = true;
    }
    if double {
        return Ok(Typed::new(Type::Double, Value::Double(sum.to_f64())));
    }
    Ok(Typed::new(Type::Decimal, Value::Decimal(sum)))
}
