//! Expressions (5.1.1), with three-valued logic.

use super::arithmetic::{arithmetic, negate};
use super::compare::compare;
use super::instance::Instance;
use super::value::{Type, Typed, Value};
use super::world::World;
use super::{cast, function, literal};
use odata_core::uri::ast::{BinaryOp, Expr, ExprKind, Literal, Name};

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The request must fail.
    Fails(String),
    /// The standard leaves open what it is, or whether the request fails.
    Open(String),
    /// This evaluator doesn't know it.
    Unsupported(String),
}

impl Fault {
    pub(super) fn fails(why: impl Into<String>) -> Fault {
        Fault::Fails(why.into())
    }

    pub(super) fn open(why: impl Into<String>) -> Fault {
        Fault::Open(why.into())
    }

    pub(super) fn unsupported(what: impl Into<String>) -> Fault {
        Fault::Unsupported(what.into())
    }
}

/// What names mean at a place.
#[derive(Clone)]
pub(super) struct Env<'a> {
    pub(super) world: &'a World,
    pub(super) aliases: &'a [(Name, Expr)],
    /// `$it`: the instance of the resource path.
    pub(super) it: &'a Instance,
    /// The instance that names without a prefix belong to.
    pub(super) this: &'a Instance,
    /// Range variables, the innermost last.
    pub(super) variables: Vec<(&'a str, Instance)>,
}

pub(super) fn eval(env: &Env<'_>, expr: &Expr) -> Result<Typed> {
    match &expr.kind {
        ExprKind::Literal(text) => literal::literal(text),
        ExprKind::Alias(name) => match alias(env, name) {
            Some(value) => eval(env, value),
            None => Ok(Typed::null(None)),
        },
        ExprKind::Path(path) => super::path::path(env, path),
        ExprKind::And(operands) => joined(env, operands, false),
        ExprKind::Or(operands) => joined(env, operands, true),
        ExprKind::Not(operand) => Ok(match truth(env, operand)? {
            Some(b) => Typed::boolean(!b),
            None => Typed::null(Some(Type::Boolean)),
        }),
        ExprKind::Negate(operand) => negate(&eval(env, operand)?),
        ExprKind::Binary(op, left, right) => binary(env, *op, left, right),
        ExprKind::Call(name, operands) => {
            let name = name.text.to_ascii_lowercase();
            if name == "isdefined" {
                return super::path::is_defined(env, operands);
            }
            if let Some(operand) = operands.first() {
                check_offset(&name, operand)?;
            }
            let values = operands.iter().map(|operand| eval(env, operand));
            let mut values = values.collect::<Result<Vec<_>>>()?;
            if let ([Expr { kind, .. }], [value]) = (operands.as_slice(), values.as_mut_slice()) {
                read_quoted(&name, kind, value);
            }
            function::call(&name, &values, env.world.now)
        }
        ExprKind::Cast(Some(operand), ty) => {
            let ty = named(&ty.name.text)?;
            cast::cast(&eval(env, operand)?, ty)
        }
        ExprKind::IsOf(Some(operand), ty) => {
            let ty = named(&ty.name.text)?;
            cast::is_of(&eval(env, operand)?, ty)
        }
        ExprKind::Case(branches) => case(env, branches),
        ExprKind::Array(_) | ExprKind::List(_) | ExprKind::Object(_) => {
            Err(Fault::fails("a collection is no value"))
        }
        ExprKind::NamedCall(..) | ExprKind::Cast(None, _) | ExprKind::IsOf(None, _) => {
            Err(Fault::unsupported("a function of the model"))
        }
    }
}

/// A condition: true, false, or unknown.
pub(super) fn truth(env: &Env<'_>, expr: &Expr) -> Result<Option<bool>> {
    let found = eval(env, expr)?;
    match (found.ty, &found.value) {
        (None | Some(Type::Boolean), Value::Null) => Ok(None),
        (_, Value::Boolean(b)) => Ok(Some(*b)),
        (ty, _) => Err(Fault::fails(format!("{ty:?} is no condition"))),
    }
}

/// `and` (5.1.1.1.7) and `or`: the one value that decides, else unknown if one is unknown. Which
/// operands are looked at is the service's affair: a failure beside a deciding value may show.
fn joined(env: &Env<'_>, operands: &[Expr], decides: bool) -> Result<Typed> {
    let found: Vec<_> = operands.iter().map(|operand| truth(env, operand)).collect();
    let unsupported = found
        .iter()
        .find_map(|found| found.as_ref().err().filter(|fault| is_unsupported(fault)));
    if let Some(fault) = unsupported {
        return Err(fault.clone());
    }
    let decided = found.contains(&Ok(Some(decides)));
    // Nothing beside a null makes `and` true, which is all that a filter asks.
    let lost = !decides && found.contains(&Ok(None));
    let fault = found.iter().find_map(|found| found.as_ref().err());
    match fault {
        Some(fault)
            if !decided && !lost && !found.iter().any(|found| is_open(found.as_ref().err())) =>
        {
            Err(fault.clone())
        }
        Some(_) => Err(Fault::open("a failure beside a value that decides")),
        None if decided => Ok(Typed::boolean(decides)),
        None if found.contains(&Ok(None)) => Ok(Typed::null(Some(Type::Boolean))),
        None => Ok(Typed::boolean(!decides)),
    }
}

fn is_unsupported(fault: &Fault) -> bool {
    matches!(fault, Fault::Unsupported(_))
}

fn is_open(fault: Option<&Fault>) -> bool {
    matches!(fault, Some(Fault::Open(_)))
}

fn binary(env: &Env<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Typed> {
    match op {
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Lt | BinaryOp::Le => {
            if let Some(presence) = super::path::presence(env, op, left, right)? {
                return Ok(Typed::boolean(presence));
            }
            let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(Literal::Null));
            let decided = !matches!(op, BinaryOp::Eq | BinaryOp::Ne);
            let (left, right) = match eval_pair(env, left, right) {
                Err(Fault::Fails(_)) if decided && (is_null(left) || is_null(right)) => {
                    return Err(Fault::open("a failure beside a null that decides"));
                }
                pair => pair?,
            };
            compare(op, &left, &right).map(Typed::boolean)
        }
        BinaryOp::In => member(env, left, right),
        BinaryOp::Has => Err(Fault::fails("there is no enumeration")),
        _ => arithmetic(op, &eval(env, left)?, &eval(env, right)?),
    }
}

/// Both operands of a comparison, a quoted literal read as the type of the other side where that is
/// a date, a time or a Guid (decision 3 of this project).
fn eval_pair(env: &Env<'_>, left: &Expr, right: &Expr) -> Result<(Typed, Typed)> {
    let (a, b) = (eval(env, left)?, eval(env, right)?);
    let read =
        |expr: &Expr, value: Typed, other: Option<Type>| match (literal_text(env, expr), other) {
            (
                Some(text),
                Some(
                    ty @ (Type::DateTimeOffset
                    | Type::Date
                    | Type::TimeOfDay
                    | Type::Duration
                    | Type::Guid),
                ),
            ) => literal::parse(text, ty)
                .map(|value| Typed::new(ty, value))
                .ok_or_else(|| Fault::fails(format!("'{text}' is no {ty:?}"))),
            _ => Ok(value),
        };
    let (left_ty, right_ty) = (a.ty, b.ty);
    Ok((read(left, a, right_ty)?, read(right, b, left_ty)?))
}

/// The text of a quoted literal, behind an alias too.
fn literal_text<'e>(env: &Env<'e>, expr: &'e Expr) -> Option<&'e str> {
    match &expr.kind {
        ExprKind::Literal(Literal::String(text)) => Some(text),
        ExprKind::Alias(name) => match &alias(env, name)?.kind {
            ExprKind::Literal(Literal::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn alias<'e>(env: &Env<'e>, name: &str) -> Option<&'e Expr> {
    let found = env.aliases.iter().find(|(alias, _)| alias.text == name);
    found.map(|(_, value)| value)
}

/// `in` (5.1.1.1.12): equal to a member of the list.
fn member(env: &Env<'_>, left: &Expr, list: &Expr) -> Result<Typed> {
    let items = match &list.kind {
        ExprKind::List(items) | ExprKind::Array(items) => items,
        ExprKind::Alias(name) => match alias(env, name) {
            Some(list) => return member(env, left, list),
            None => return Ok(Typed::boolean(false)),
        },
        _ => return Err(Fault::fails("'in' takes a list")),
    };
    let mut found = false;
    for item in items {
        let (operand, item) = eval_pair(env, left, item)?;
        found |= compare(BinaryOp::Eq, &operand, &item)?;
    }
    Ok(Typed::boolean(found))
}

/// `case` (5.1.1.12): the value of the first condition that is true, in the type that all values
/// have in common.
fn case(env: &Env<'_>, branches: &[(Expr, Expr)]) -> Result<Typed> {
    let mut chosen: Option<Value> = None;
    let mut ty: Option<Type> = None;
    for (condition, value) in branches {
        // What stands behind the chosen branch may be looked at, or not.
        let later = |fault| match fault {
            Fault::Unsupported(_) => fault,
            _ if chosen.is_some() => Fault::open("a failure behind the branch that is taken"),
            _ => fault,
        };
        let condition = truth(env, condition).map_err(later)?;
        let takes = chosen.is_none() && condition == Some(true);
        let value = eval(env, value).map_err(|fault| match fault {
            Fault::Fails(_) if !takes => Fault::open("a failure in a branch that is not taken"),
            fault => fault,
        })?;
        ty = match (ty, value.ty) {
            (None, found) | (found, None) => found,
            (Some(a), Some(b)) => Some(
                a.common(b)
                    .ok_or_else(|| Fault::fails("branches of several types"))?,
            ),
        };
        if takes {
            chosen = Some(value.value);
        }
    }
    let value = chosen.unwrap_or(Value::Null);
    Ok(Typed {
        ty,
        value: ty.map_or(Value::Null, |ty| cast::promoted(&value, ty)),
    })
}

fn named(name: &str) -> Result<Type> {
    match Type::named(name) {
        Some(ty) => Ok(ty),
        None if name.starts_with("Edm.") => Err(Fault::unsupported(name)),
        None => Err(Fault::fails(format!("there is no type '{name}'"))),
    }
}

/// A service that keeps instants in UTC must refuse the parts of a literal in another zone (5.1.1.8).
fn check_offset(name: &str, operand: &Expr) -> Result<()> {
    let parts = [
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "date",
        "time",
        "totaloffsetminutes",
    ];
    if let (true, ExprKind::Literal(Literal::DateTimeOffset(text))) =
        (parts.contains(&name), &operand.kind)
    {
        let clock = text.split_once(['T', 't']).map_or("", |(_, clock)| clock);
        let zone = clock.find(['+', '-']).map_or("", |at| &clock[at + 1..]);
        if zone.contains(|c: char| c.is_ascii_digit() && c != '0') {
            return Err(Fault::fails("the parts of an instant in another zone"));
        }
    }
    Ok(())
}

/// A quoted literal where only a date or a time can stand.
fn read_quoted(name: &str, kind: &ExprKind, value: &mut Typed) {
    let ExprKind::Literal(Literal::String(text)) = kind else {
        return;
    };
    let ty = match name {
        "year" | "month" | "day" | "hour" | "minute" | "second" | "date" | "time"
        | "fractionalseconds" | "totaloffsetminutes" => Type::DateTimeOffset,
        "totalseconds" => Type::Duration,
        _ => return,
    };
    if let Some(read) = literal::parse(text, ty) {
        *value = Typed::new(ty, read);
    }
}

/// Whether some part of the expression that names nothing fails by itself: a service may say so even
/// if no row needs it.
pub fn constant_fault(world: &World, expr: &Expr) -> bool {
    let nothing = Instance::Shape(std::collections::BTreeMap::new());
    let env = Env {
        world,
        aliases: &[],
        it: &nothing,
        this: &nothing,
        variables: Vec::new(),
    };
    let mut found = false;
    walk(expr, &mut |part| {
        found |=
            is_constant(part) && matches!(eval(&env, part), Err(Fault::Fails(_) | Fault::Open(_)));
        found |= divides_by_zero(&env, part);
    });
    found
}

/// Whether a division fails whatever is divided, unless that is null.
fn divides_by_zero(env: &Env<'_>, expr: &Expr) -> bool {
    let ExprKind::Binary(op @ (BinaryOp::Div | BinaryOp::Mod), _, divisor) = &expr.kind else {
        return false;
    };
    if !is_constant(divisor) {
        return false;
    }
    let zero = Typed::new(Type::Int16, Value::Integer(0));
    let is_float = |ty: Option<Type>| matches!(ty, Some(Type::Single | Type::Double));
    eval(env, divisor).is_ok_and(|divisor| {
        (*op == BinaryOp::Mod || !is_float(divisor.ty))
            && compare(BinaryOp::Eq, &divisor, &zero) == Ok(true)
    })
}

fn is_constant(expr: &Expr) -> bool {
    let mut constant = true;
    walk(expr, &mut |part| {
        constant &= !matches!(
            part.kind,
            ExprKind::Path(_)
                | ExprKind::Alias(_)
                | ExprKind::List(_)
                | ExprKind::Array(_)
                | ExprKind::Object(_)
        );
    });
    constant
}

/// Every part of an expression.
fn walk(expr: &Expr, visit: &mut impl FnMut(&Expr)) {
    use odata_core::uri::ast::SegmentKind as S;
    visit(expr);
    match &expr.kind {
        ExprKind::And(parts)
        | ExprKind::Or(parts)
        | ExprKind::Call(_, parts)
        | ExprKind::List(parts)
        | ExprKind::Array(parts) => {
            for part in parts {
                walk(part, visit);
            }
        }
        ExprKind::Not(part)
        | ExprKind::Negate(part)
        | ExprKind::Cast(Some(part), _)
        | ExprKind::IsOf(Some(part), _) => walk(part, visit),
        ExprKind::Binary(_, left, right) => {
            walk(left, visit);
            walk(right, visit);
        }
        ExprKind::Case(branches) => {
            for (condition, value) in branches {
                walk(condition, visit);
                walk(value, visit);
            }
        }
        ExprKind::Path(path) => {
            for segment in &path.segments {
                match &segment.kind {
                    S::Any(Some(lambda)) | S::All(lambda) => walk(&lambda.predicate, visit),
                    S::Filter(filter) => walk(filter, visit),
                    S::Count(options) => {
                        if let Some(filter) = &options.filter {
                            walk(filter, visit);
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}
